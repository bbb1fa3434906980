import { call } from '../local/vapi-caller.ts';
import type { TestService } from '../support/service.ts';
import { assistantsOf } from '../support/upstream.ts';

/** Deletes an organisation's assistants at Vapi, as somebody does in the dashboard. */
export async function removeUpstream({ vapi }: TestService, org: string): Promise<void> {
  for (const { id } of assistantsOf(vapi, org)) await call(vapi, `DELETE /assistant/${id}`);
}
