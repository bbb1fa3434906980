import { ownership } from '../../src/domain/configuration/configuration.ts';
import type { SecretsStandIn } from '../secrets/server.ts';
import { LOCAL_ACCOUNTS } from '../vapi/stand-in.ts';
import { type FleetGround, type FleetMember, seedFleet } from './fleet.ts';

/** Where a planted fleet is put; `secretPrefix` is that of the stack. */
type PlantedGround = FleetGround & { secrets: SecretsStandIn; secretPrefix: string };

/** The number of findings in a planted fleet, by class; nothing else is wrong with it. */
export const PLANTED = { drifted: 60, missing: 40, duplicate: 15, orphan: 10, unmanaged: 200, unknown: 5 } as const;

export const PLATFORM_KEY = 'local-platform-key';
const PLATFORM = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';

/** Organisations with accounts of their own; Vapi refuses the keys of the first few. */
export const OWN_ACCOUNTS = 20;
/** Assistants that share one millisecond. */
const TIED = 30;
const DAY = 24 * 3_600_000;

/**
 * Seeds a fleet of `size` mapped assistants (1,000 and more) that were made within the last month, a second apart, with
 * exactly the findings in `PLANTED`. Returns a line (class, organisation, role) for each finding that a run must have.
 */
export async function plantFleet(ground: PlantedGround, size: number): Promise<string[]> {
  const begin = Date.now() - 30 * DAY;
  const shared = size - OWN_ACCOUNTS * 2;
  const lines: string[] = [];
  const members = Array.from({ length: shared }, (_, index) => memberOfPlatform(index, begin));
  const marked = new Set<number>();
  const mark = (count: number, offset: number, act: (member: FleetMember) => FleetMember | undefined) => {
    for (const wanted of spread(count, { offset, size: shared })) {
      let at = wanted;
      while (marked.has(at)) at += 1;
      marked.add(at);
      const member = members[at];
      if (member) members[at] = act(member) ?? member;
    }
  };
  mark(PLANTED.drifted, 7, (member) => {
    lines.push(lineOf('drifted', member));
    return { ...member, live: { firstMessage: 'Edited by hand' } };
  });
  mark(PLANTED.missing, 11, (member) => {
    lines.push(lineOf('missing', member));
    return { ...member, live: 'gone' };
  });
  mark(PLANTED.duplicate, 13, (member) => {
    lines.push(lineOf('duplicate', member));
    const metadata = ownership(member.key, ground.deployment);
    ground.vapi.seedAssistant(PLATFORM, { name: 'Duplicate', metadata }, { createdAt: member.createdAt });
    return undefined;
  });
  for (let index = 0; index < PLANTED.orphan; index += 1) {
    const metadata = ownership({ orgId: `gone-${index}`, role: 'inbound' }, ground.deployment);
    lines.push(`orphan gone-${index} inbound`);
    ground.vapi.seedAssistant(PLATFORM, { name: 'Orphan', metadata }, { createdAt: begin - DAY + index * 2 * DAY });
  }
  for (let index = 0; index < PLANTED.unmanaged; index += 1) {
    ground.vapi.seedAssistant(PLATFORM, { name: 'Of somebody else' }, { createdAt: begin + index * 4_000 + 11 });
  }
  await seedFleet(ground, [...members, ...ownMembers(ground, begin)]);
  return [...lines, ...Array.from({ length: PLANTED.unknown }, (_, index) => `unknown ${ownName(index)}`)];
}

/** Positions spread over a fleet, a different set for each offset. */
function spread(count: number, { offset, size }: { offset: number; size: number }): number[] {
  const step = Math.floor((size - 20) / count);
  return Array.from({ length: count }, (_, index) => index * step + offset);
}

function memberOfPlatform(index: number, begin: number): FleetMember {
  const key = {
    orgId: `org-${String(index >> 1).padStart(6, '0')}`,
    role: index % 2 ? 'outbound' : 'inbound',
  } as const;
  const second = index >= 500 && index < 500 + TIED ? 500 : index;
  const createdAt = begin + second * 1_000;
  return { key, scope: 'platform', account: PLATFORM, apiKey: PLATFORM_KEY, createdAt, config: configOf(index) };
}

function ownMembers({ vapi, secrets, secretPrefix }: PlantedGround, begin: number): FleetMember[] {
  const accounts: Record<string, string> = { ...LOCAL_ACCOUNTS };
  const members: FleetMember[] = [];
  for (let index = 0; index < OWN_ACCOUNTS; index += 1) {
    const account = `0b0b0b0b-0000-4000-8000-${String(index).padStart(12, '0')}`;
    const apiKey = `key-of-${ownName(index)}`;
    if (index >= PLANTED.unknown) accounts[apiKey] = account;
    secrets.put(`${secretPrefix}/orgs/${ownName(index)}`, { apiKey });
    for (const role of ['inbound', 'outbound'] as const) {
      const key = { orgId: ownName(index), role };
      members.push({ key, scope: 'org', account, apiKey, createdAt: begin, config: configOf(index) });
    }
  }
  vapi.configure({ accounts });
  return members;
}

function ownName(index: number): string {
  return `own-${String(index).padStart(2, '0')}`;
}

function configOf(index: number) {
  const messages = [{ role: 'system', content: `top-secret-prompt of assistant ${index}` }];
  return { name: `Desk ${index}`, firstMessage: 'Hello!', model: { provider: 'openai', model: 'gpt-4o', messages } };
}

function lineOf(name: string, { key }: FleetMember): string {
  return `${name} ${key.orgId} ${key.role}`;
}
