/** One process of the race of claim-race.ts: it says that it is ready, races when told to, and reports what it did. */
import { DynamoMappingStore } from '../../src/adapters/dynamodb/mapping-store.ts';
import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import { mappingAfter } from '../../src/domain/mapping/mapping-after.ts';
import type { MappingStore } from '../../src/domain/mapping/stores.ts';
import { rowOf, writeOf } from './mapping-situations.ts';
import { clientOf } from './table-client.ts';

/** A claim that was won: which revision it made, and whose claim it took over. */
export interface Won {
  revision: number;
  token: string;
  tookFrom?: string;
}

export interface RaceReport {
  /** Rows that this process was the first to claim. */
  firsts: string[];
  won: Won[];
  ended: { token: string; kind: 'written' | 'conflict' }[];
  lost: number;
}

/** How often a holder dies instead of ending its claim, and how often one that is held is taken over. */
const DIES = 0.1;
const TAKES_OVER = 0.25;

const [endpoint = '', name = '', orgs = '', goal = ''] = process.argv.slice(2);
const store = new DynamoMappingStore({ client: clientOf(endpoint), name });
const tokens = (function* () {
  for (let count = 0; ; count += 1) yield `${process.pid}-${count}`;
})();

process.once('message', () => void race().then((report) => process.send?.(report, () => process.disconnect())));
process.send?.('ready');

async function race(): Promise<RaceReport> {
  const [contested = '', ...fresh] = orgs.split(',');
  const report: RaceReport = { firsts: [], won: [], ended: [], lost: 0 };
  for (const orgId of fresh) if (await isFirst({ orgId, role: 'inbound' })) report.firsts.push(orgId);
  const key = { orgId: contested, role: 'inbound' } as const;
  while (await takeTurn(store, key, report));
  return report;
}

async function isFirst(key: AssistantKey): Promise<boolean> {
  const token = tokens.next().value;
  return (await store.write(writeOf(key, { transition: 'claim', from: undefined, token }))).kind === 'written';
}

/** Reads the row, tries to get it, and mostly ends its claim. False when the row has come to the goal. */
async function takeTurn(mappings: MappingStore, key: AssistantKey, report: RaceReport): Promise<boolean> {
  const from = await rowOf(mappings, key);
  if ((from?.revision ?? 0) >= Number(goal)) return false;
  if (from?.claim && Math.random() > TAKES_OVER) return true;
  const token = tokens.next().value;
  const transition = from?.claim ? 'take-over' : 'claim';
  const claim = writeOf(key, { transition, from, token });
  const claimed = await mappings.write(claim);
  const mapping = mappingAfter(claim);
  if (claimed.kind === 'conflict' || !mapping) {
    report.lost += 1;
    return true;
  }
  const tookFrom = from?.claim?.token;
  report.won.push({ revision: mapping.revision, token, ...(tookFrom ? { tookFrom } : {}) });
  if (Math.random() < DIES) return true;
  const ended = await mappings.write(writeOf(key, { transition: 'finalise', from: mapping, token }));
  report.ended.push({ token, kind: ended.kind });
  return true;
}
