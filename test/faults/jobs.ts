import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import { parseAssistantRequest } from '../../src/domain/configuration/assistant-request.ts';
import { type DesiredAssistant, desireAssistant } from '../../src/domain/configuration/configuration.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Target } from '../../src/domain/rollouts/rollout.ts';
import { RULES } from '../support/configurations.ts';

export const KEY: AssistantKey = { orgId: 'acme', role: 'inbound' };
/** Another organisation, which shares the platform's account and its tools. */
export const OTHER: AssistantKey = { orgId: 'globex', role: 'inbound' };
export const DEPLOYMENT = 'test';

/**
 * What a process is asked to do: make the assistant so, remove it, map one that is there, or do what was left to the
 * worker. `number` and `pin` are no processes: somebody configures another number, or none; somebody pins the traffic
 * at Vapi.
 */
export type Job = (
  | {
      kind: 'ensure';
      spec: string;
      /** Only while the row has it. */
      revision?: number;
      /** Callers are to hear it, whatever was pinned. */
      follow?: boolean;
      /** The version of the template that it is bound to from now on; 0: to none. */
      version?: number;
    }
  | { kind: 'remove' }
  | { kind: 'import'; assistantId: string }
  | { kind: 'number'; id?: string }
  | { kind: 'pin' }
  | { kind: 'rollback'; spec: string }
  | { kind: 'reapply' }
  | { kind: 'work' }
  | { kind: 'rollout'; step: 'apply' | 'take back'; target: Target }
) & {
  /** Of which organisation; the first unless told. */
  key?: AssistantKey;
};

/** How a job ended: its outcome, the code of its problem, or `crashed`. */
export type Ending = string;

/** The tools of a configuration: what follows a plus in its name, one letter each. */
export function toolsOf(spec: string): JsonObject[] {
  return [...(spec.split('+')[1] ?? '')].map((letter) => ({ type: 'function', function: { name: letter } }));
}

/** A configuration named by one word; each declares another set of fields. Letters after a plus are its tools. */
export function desired(spec: string, key: AssistantKey = KEY): DesiredAssistant {
  const id = `${key.orgId}/${key.role}/${spec}`;
  const known = DESIRED.get(id) ?? frozen(desiredAnew(spec, key));
  DESIRED.set(id, known);
  return known;
}

/** Tens of thousands of worlds ask for the same few: each is reckoned once, and nobody can change it. */
const DESIRED = new Map<string, DesiredAssistant>();

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

function desiredAnew(spec: string, key: AssistantKey): DesiredAssistant {
  return desireAssistant(parseAssistantRequest(bodyOf(spec), RULES), key, DEPLOYMENT);
}

/** The body of a PUT of that configuration. */
export function bodyOf(spec: string): JsonObject {
  return {
    name: spec,
    [spec.startsWith('a') ? 'endCallMessage' : 'voicemailMessage']: spec,
    model: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content: spec }] },
    tools: toolsOf(spec),
  };
}
