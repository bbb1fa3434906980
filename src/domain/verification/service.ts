import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Deadline } from '../runtime.ts';

/** One call, under an operation id of its own. */
export interface ServiceCall {
  key: AssistantKey;
  operationId: string;
  deadline: Deadline;
}

/** An answer as the caller gets it, and the lines that the call wrote to the log. */
export interface ServiceAnswer {
  status: number;
  /** By lower-case name. */
  headers: Readonly<Record<string, string>>;
  /** An empty object when there is no body. */
  body: JsonObject;
  log: readonly string[];
}

/** The service as its callers know it: `PUT` and `DELETE /orgs/{orgId}/assistants/{role}`. Problems are answers. */
export interface ServiceUnderTest {
  put(call: ServiceCall, body: Json): Promise<ServiceAnswer>;
  remove(call: ServiceCall): Promise<ServiceAnswer>;
}
