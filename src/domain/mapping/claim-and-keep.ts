import type { DesiredAssistant } from '../configuration/configuration.ts';
import { summarise } from '../configuration/summary.ts';
import type { Operation } from '../operation.ts';
import { isoNow } from '../runtime.ts';
import { type ClaimRequest, giveBack, type HeldClaim, takeClaim } from './hold-claim.ts';

/**
 * Takes the claim and stores the configuration at the same time: one round trip instead of two. The configuration is
 * stored under its hash, so that it does no harm when the claim is lost. Nothing is sent to Vapi before both are
 * certain. Returns undefined when another operation was faster.
 *
 * When there is no row yet, the claim comes first: a removal that is ending an earlier row deletes every stored
 * configuration, and would delete one that was stored too early. A row that exists cannot be removed in between, as the
 * claim would then fail.
 */
export async function claimAndKeep(
  operation: Operation,
  { desired, ...request }: Omit<ClaimRequest, 'specHash'> & { desired: DesiredAssistant },
): Promise<HeldClaim | undefined> {
  const { specHash, payload } = desired;
  const tools = desired.tools.map(({ definition }) => definition);
  const appliedBefore = request.mapping?.specHash ? [request.mapping.specHash] : [];
  const spec = { specHash, payload, tools, summary: summarise(payload), at: isoNow(operation.runtime), appliedBefore };
  const claiming = takeClaim(operation, { ...request, specHash });
  if (!request.mapping && !(await claiming)) return undefined;
  const [claimed, kept] = await Promise.allSettled([claiming, operation.specs.save(operation.key, spec)]);
  if (claimed.status === 'rejected') throw claimed.reason;
  const held = claimed.value;
  if (held && kept.status === 'rejected') {
    await giveBack(operation, { held, attempted: request.mapping?.attempted ?? [] });
    throw kept.reason;
  }
  return held;
}
