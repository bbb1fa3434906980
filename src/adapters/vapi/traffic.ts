import QuickLRU from 'quick-lru';
import * as z from 'zod/mini';
import type { TrafficAllocation, VapiTraffic } from '../../domain/account/vapi-account.ts';
import { Problem } from '../../domain/problem.ts';
import { type UpstreamRequests, unreadable } from './requests.ts';

const PATH = '/traffic-allocations';

/** How long it is remembered whether an account may divide traffic, in ms. */
const REMEMBERED_MS = 24 * 3_600_000;

const NO_ACCESS = { kind: 'no-access' } as const;

/** Whether accounts may divide traffic, by the fingerprint of the key. */
export class TrafficAccess {
  readonly #known = new QuickLRU<string, { hasAccess: boolean; until: number }>({ maxSize: 1_000 });
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Undefined when it is not known. */
  get(keyFingerprint: string): boolean | undefined {
    const known = this.#known.get(keyFingerprint);
    return known && this.#now() < known.until ? known.hasAccess : undefined;
  }

  set(keyFingerprint: string, hasAccess: boolean): void {
    this.#known.set(keyFingerprint, { hasAccess, until: this.#now() + REMEMBERED_MS });
  }
}

/** Versions and traffic allocations in one Vapi account. */
export class JsonTraffic implements VapiTraffic {
  readonly #requests: UpstreamRequests;
  readonly #keyFingerprint: string;
  readonly #access: TrafficAccess;

  constructor(requests: UpstreamRequests, keyFingerprint: string, access: TrafficAccess) {
    this.#requests = requests;
    this.#keyFingerprint = keyFingerprint;
    this.#access = access;
  }

  get hasAccess(): boolean | undefined {
    return this.#access.get(this.#keyFingerprint);
  }

  async latest(assistantId: string): ReturnType<VapiTraffic['latest']> {
    return await this.#unlessWithout({ path: `${PATH}/latest`, query: { assistantId } }, (reply) => {
      const { allocation } = parse(latestSchema, reply);
      return allocation ? { kind: 'found', allocation: toAllocation(allocation) } : { kind: 'none' };
    });
  }

  async list({ page, limit }: Parameters<VapiTraffic['list']>[0]): ReturnType<VapiTraffic['list']> {
    return await this.#unlessWithout({ path: PATH, query: { page, limit } }, (reply) => {
      return { kind: 'found', allocations: parse(pageSchema, reply).results.map(toAllocation) };
    });
  }

  async followLatest(assistantId: string, guardId: string): Promise<void> {
    const body = { assistantId, allocationIntent: 'follow-latest', expectedCurrentAllocationId: guardId };
    const sent = await this.#requests.post({ path: PATH, body }, () => true);
    if (sent.kind === 'replied') return;
    // The outcome is unknown, and the guard would refuse a repetition of a successful request: the allocation in force
    // shows what happened.
    const now = await this.latest(assistantId);
    if (now.kind === 'found' && !now.allocation.isPinned) return;
    throw new Problem('VAPI_UNAVAILABLE', 'It is not known whether Vapi has changed the traffic. Repeat the request.');
  }

  async versions(assistantId: string): ReturnType<VapiTraffic['versions']> {
    return await this.#requests.repeatedly({
      verb: 'LIST',
      request: { path: `/assistant/${encodeURIComponent(assistantId)}/versions` },
      read: (reply) =>
        parse(versionsSchema, reply).map(({ versionName, ...version }) => ({
          ...version,
          name: versionName ?? undefined,
        })),
      whenMissing: [],
      whenForbidden: [],
    });
  }

  async nameVersion(assistantId: string, version: string, name: string): Promise<void> {
    const path = `/assistant/${encodeURIComponent(assistantId)}/versions/${encodeURIComponent(version)}`;
    const request = { path, body: { versionName: name } };
    await this.#requests.repeatedly({ verb: 'PATCH', request, read: () => true });
  }

  async #unlessWithout<T>(
    request: { path: string; query: Record<string, string | number> },
    read: (reply: unknown) => T,
  ): Promise<T | typeof NO_ACCESS> {
    if (this.#access.get(this.#keyFingerprint) === false) return NO_ACCESS;
    const answer = await this.#requests.repeatedly<T | typeof NO_ACCESS>({
      verb: 'LIST',
      request,
      read,
      whenMissing: NO_ACCESS,
      whenForbidden: NO_ACCESS,
    });
    this.#access.set(this.#keyFingerprint, answer !== NO_ACCESS);
    return answer;
  }
}

const allocationSchema = z.looseObject({
  id: z.string(),
  assistantId: z.string(),
  allocationIntent: z.optional(z.string()),
  targets: z._default(z.array(z.looseObject({ assistantVersion: z.string(), percentage: z.number() })), []),
});
const latestSchema = z.lazy(() => z.looseObject({ allocation: z.optional(z.nullable(allocationSchema)) }));
const pageSchema = z.lazy(() => z.looseObject({ results: z.array(allocationSchema) }));
const versionsSchema = z.lazy(() =>
  z.array(z.object({ version: z.string(), createdAt: z.string(), versionName: z.optional(z.nullable(z.string())) })),
);

function parse<T extends z.ZodMiniType>(schema: T, reply: unknown): z.infer<T> {
  const parsed = schema.safeParse(reply);
  if (!parsed.success) throw unreadable();
  return parsed.data;
}

function toAllocation({
  id,
  assistantId,
  allocationIntent,
  targets,
}: z.infer<typeof allocationSchema>): TrafficAllocation {
  const versions = targets.map(({ assistantVersion: version, percentage }) => ({ version, percentage }));
  return { id, assistantId, isPinned: allocationIntent !== 'follow-latest', versions };
}
