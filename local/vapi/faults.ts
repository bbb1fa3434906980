import { z } from 'zod';

const status = z.number().int().min(400).max(599);

/** Ways to misbehave. "before" is without the effect of the request, "after" is once it has taken effect. */
const behaviour = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('error-before'), status, body: z.unknown().optional() }),
  z.strictObject({ kind: z.literal('error-after'), status, body: z.unknown().optional() }),
  z.strictObject({ kind: z.literal('reset-before') }),
  z.strictObject({ kind: z.literal('reset-after') }),
  z.strictObject({ kind: z.literal('hang-before') }),
  z.strictObject({ kind: z.literal('hang-after') }),
  /** The effect and the right status, but the JSON ends in the middle. */
  z.strictObject({ kind: z.literal('truncated') }),
  /** 429 without the effect; `retryAfter` in seconds, no such header without it. */
  z.strictObject({ kind: z.literal('rate-limit'), retryAfter: z.number().min(0).optional() }),
  /** The page of a content delivery network instead of Vapi's JSON, without the effect. */
  z.strictObject({ kind: z.literal('html'), status }),
  /** The effect twice; the answer is that of the second time. */
  z.strictObject({ kind: z.literal('twice') }),
  /** The right answer, later. */
  z.strictObject({ kind: z.literal('slow'), ms: z.number().min(0) }),
]);

/** Which requests fail, how often (`times`: by default 1, null for ever, after `skip` matching requests), and how. */
const faultSchema = z.strictObject({
  on: z
    .strictObject({
      method: z.string().optional(),
      /** A prefix of the path, or the source of a regular expression for it. */
      path: z.string().optional(),
      key: z.string().optional(),
    })
    .default({}),
  skip: z.number().int().min(0).default(0),
  times: z.number().int().min(1).nullable().default(1),
  behaviour,
});

/** A fault as tests write it. */
export type FaultInput = z.input<typeof faultSchema>;
/** A fault as the stand-in holds it. */
export type Fault = z.output<typeof faultSchema>;
/** One of the ways to misbehave. */
export type Behaviour = z.output<typeof behaviour>;
/** The part of a request that faults match. */
export type Target = { method: string; path: string; key: string | undefined };

/** The faults that wait for their requests, in the order of their injection. */
export class FaultList {
  #faults: Fault[] = [];

  /** Adds one; throws a ZodError when it makes no sense. */
  add(fault: unknown): void {
    this.#faults.push(faultSchema.parse(fault));
  }

  all(): readonly Fault[] {
    return this.#faults;
  }

  clear(): void {
    this.#faults = [];
  }

  /** The behaviour for this request, which counts as used; undefined when it is to be served properly. */
  take(target: Target): Behaviour | undefined {
    for (const fault of this.#faults.filter((candidate) => matches(candidate, target))) {
      if (fault.skip > 0) {
        fault.skip -= 1;
        continue;
      }
      if (fault.times !== null) fault.times -= 1;
      if (fault.times === 0) this.#faults = this.#faults.filter((other) => other !== fault);
      return fault.behaviour;
    }
    return undefined;
  }
}

function matches({ on }: Fault, target: Target): boolean {
  if (on.method !== undefined && on.method.toUpperCase() !== target.method) return false;
  if (on.key !== undefined && on.key !== target.key) return false;
  return on.path === undefined || target.path.startsWith(on.path) || new RegExp(on.path).test(target.path);
}
