import type { Resource } from '../../src/domain/account/vapi-account.ts';
import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import { isOurs } from '../../src/domain/configuration/configuration.ts';
import { diffAssistant } from '../../src/domain/configuration/diff.ts';
import { isJsonObject } from '../../src/domain/json.ts';
import type { AssistantMapping } from '../../src/domain/mapping/assistant-mapping.ts';
import { DEPLOYMENT, desired, KEY, toolsOf } from './jobs.ts';
import type { World } from './world.ts';

/** What is wrong with a world in which nobody is acting any more; empty when all is well. */
export function violations(world: World, specs: readonly string[], key: AssistantKey = KEY): string[] {
  const mapping = world.mappings.rows.get(`${key.orgId}/${key.role}`);
  // What others made by hand is not ours to count until it is adopted, which marks it.
  const assistants = world.upstream.assistants().filter(({ config }) => isOurs(config, key, DEPLOYMENT));
  const ids = assistants.map(({ id }) => id);
  if (!mapping) return ids.length === 0 ? wronglyRung(world) : [`no mapping, but Vapi has ${ids.join(', ')}`];
  const found: string[] = wronglyRung(world);
  if (mapping.claim) found.push(`a claim is left: ${mapping.claim.operation}`);
  if (ids.length !== 1) found.push(`there are ${ids.length} assistants: ${ids.join(', ')}`);
  if (ids[0] !== mapping.assistantId) found.push(`the mapping names ${mapping.assistantId}, Vapi has ${ids[0]}`);
  const spec = specs.find((name) => desired(name, key).specHash === mapping.specHash);
  if (spec === undefined) return [...found, 'the mapping has a configuration that nobody asked for'];
  const [live] = assistants;
  if (!live) return found;
  return [
    ...found,
    ...differences(live.config, { spec, specs, key }),
    ...toolViolations(world, { spec, live, mapping }),
  ];
}

/** What is wrong when callers are to hear what was stored last, and nobody is acting any more. */
export function unheard(world: World, key: AssistantKey = KEY): string[] {
  const mapping = world.mappings.rows.get(`${key.orgId}/${key.role}`);
  const live = world.upstream.assistants().find(({ id }) => id === mapping?.assistantId);
  if (!mapping || !live) return ['there is no assistant to hear'];
  const isHeard = JSON.stringify(world.upstream.heard(live)) === JSON.stringify(live.config);
  const said = mapping.live?.state === 'current' ? [] : [`the mapping says that it is ${mapping.live?.state}`];
  return isHeard ? said : [...said, 'callers hear an older version'];
}

/** One tool for each definition, all of them linked in their order and none else. */
function toolViolations(
  world: World,
  { spec, live, mapping }: { spec: string; live: Resource; mapping: AssistantMapping },
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
  return found;
}

/** Each number rings the assistant of the organisation that has configured it, and no other rings one of ours. */
function wronglyRung(world: World): string[] {
  const rows = [...world.mappings.rows.values()];
  return [...world.upstream.numbers.values()].flatMap(({ id, assistantId }) => {
    const owner = rows.find(({ orgId, scope, role }) => {
      return role === 'inbound' && scope === 'platform' && world.mappings.records.get(orgId)?.vapiPhoneNumberId === id;
    });
    const wrong = assistantId === owner?.assistantId ? [] : [`number ${id} rings ${assistantId}`];
    const status = owner && owner.phoneNumber?.status !== 'linked' ? [`${id} is ${owner.phoneNumber?.status}`] : [];
    return [...wrong, ...status];
  });
}

/** The live assistant is exactly as the mapping says: nothing of another configuration is left in it. */
function differences(
  live: Parameters<typeof diffAssistant>[0]['live'],
  { spec, specs, key }: { spec: string; specs: readonly string[]; key: AssistantKey },
): string[] {
  const changes = diffAssistant({
    wanted: desired(spec, key).payload,
    live,
    lastApplied: specs.map((name) => desired(name, key).payload),
    alreadyApplied: false,
  });
  return changes.map(({ path }) => `${path} is not as ${spec} wants it`);
}
