import type { LiveAssistant } from '../../src/domain/account/vapi-account.ts';
import { diffAssistant } from '../../src/domain/configuration/diff.ts';
import { isJsonObject } from '../../src/domain/json.ts';
import type { AssistantMapping } from '../../src/domain/mapping/assistant-mapping.ts';
import { isManaged } from './upstream.ts';
import { desired, KEY, toolsOf, type World } from './world.ts';

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
  if (!live) return found;
  return [...found, ...differences(live.config, { spec, specs }), ...toolViolations(world, { spec, live, mapping })];
}

/** One tool for each definition, all of them linked in their order and none else, and the number points to the assistant. */
function toolViolations(
  world: World,
  { spec, live, mapping }: { spec: string; live: LiveAssistant; mapping: AssistantMapping },
): string[] {
  const found: string[] = [];
  const tools = world.upstream.existingTools(live.vapiOrgId);
  const texts = tools.map(({ config }) => JSON.stringify(config));
  if (new Set(texts).size !== texts.length) found.push(`a tool was made twice: ${texts.join(', ')}`);
  const wanted = toolsOf(spec).map(
    (tool) => tools.find(({ config }) => JSON.stringify(config) === JSON.stringify(tool))?.id,
  );
  const { model } = live.config;
  const linked = isJsonObject(model) ? (model.toolIds ?? []) : [];
  if (JSON.stringify(linked) !== JSON.stringify(wanted))
    found.push(`linked are ${linked}, wanted ${wanted} of ${spec}`);
  const status = wanted.length > 0 ? 'linked' : 'none';
  if (mapping.tools.status !== status) found.push(`the mapping says that tools are ${mapping.tools.status}`);
  for (const { id, assistantId } of world.upstream.numbers.values()) {
    if (assistantId !== live.id) found.push(`number ${id} rings ${assistantId}`);
    if (mapping.phoneNumber?.status !== 'linked')
      found.push(`the mapping says of ${id}: ${mapping.phoneNumber?.status}`);
  }
  return found;
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
