import { diffAssistant } from '../../src/domain/assistant-diff.ts';
import { isManaged } from './upstream.ts';
import { desired, KEY, type World } from './world.ts';

/** What is wrong with a world in which nobody is acting any more; empty when all is well. */
export function violations(world: World, specs: readonly string[]): string[] {
  const mapping = world.mappings.rows.get(`${KEY.orgId}/${KEY.role}`);
  // What others made by hand is not ours to count until it is adopted, which marks it.
  const assistants = world.upstream.assistants().filter(isManaged);
  const ids = assistants.map(({ id }) => id);
  if (!mapping) return ids.length === 0 ? [] : [`no mapping, but Vapi has ${ids.join(', ')}`];
  const found: string[] = [];
  if (mapping.claim) found.push(`a claim is left: ${mapping.claim.operation}`);
  if (ids.length !== 1) found.push(`there are ${ids.length} assistants: ${ids.join(', ')}`);
  if (ids[0] !== mapping.assistantId) found.push(`the mapping names ${mapping.assistantId}, Vapi has ${ids[0]}`);
  const spec = specs.find((name) => desired(name).specHash === mapping.specHash);
  if (spec === undefined) return [...found, 'the mapping has a configuration that nobody asked for'];
  const [live] = assistants;
  return [...found, ...(live ? differences(live.config, { spec, specs }) : [])];
}

/** The live assistant is exactly as the mapping says: nothing of another configuration is left in it. */
function differences(
  live: Parameters<typeof diffAssistant>[0]['live'],
  { spec, specs }: { spec: string; specs: readonly string[] },
): string[] {
  const changes = diffAssistant({
    wanted: desired(spec).payload,
    live,
    lastApplied: specs.map((name) => desired(name).payload),
    alreadyApplied: false,
  });
  return changes.map(({ path }) => `${path} is not as ${spec} wants it`);
}
