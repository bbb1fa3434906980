import { readFileSync } from 'node:fs';
import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { configuration, withPrompt } from '../support/configurations.ts';
import { readRun, runDrift } from '../support/drift-runs.ts';
import { ACME_KEY, startService, type TestService } from '../support/service.ts';
import { calls } from '../support/upstream.ts';

/** The table and Vapi as version 0.1.0 left them: rows of every kind and state, as they are stored. */
const left = z
  .object({
    items: z.array(
      z.record(
        z.string(),
        z.custom<AttributeValue>((value) => typeof value === 'object'),
      ),
    ),
    resources: z.record(
      z.string(),
      z.record(z.enum(['assistant', 'tool', 'phone-number']), z.array(z.record(z.string(), z.json()))),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('rows-0.1.0.json', import.meta.url), 'utf8')));

const TOOL = { type: 'function', function: { name: 'lookUp', description: 'Looks up' } };
const PENDING_TOOL = { type: 'function', function: { name: 'never', description: 'Never' } };

let service: TestService;

beforeEach(async () => {
  service = await startService();
  for (const Item of left.items) {
    await service.dynamo.send(new PutItemCommand({ TableName: service.environment.TABLE_NAME, Item }));
  }
  for (const [account, kinds] of Object.entries(left.resources)) {
    for (const resource of ['tool', 'phone-number', 'assistant'] as const) {
      for (const { id, createdAt, updatedAt: _, orgId: _account, ...body } of kinds[resource]) {
        service.vapi.seed({ account, resource, body, id: String(id), createdAt: String(createdAt) });
      }
    }
  }
  service.secrets.put(service.secretName('own-key'), {
    apiKey: ACME_KEY,
    phoneNumberId: '7d1f1f2e-0000-4000-8000-0000000000aa',
  });
  service.clearCounts();
});
afterEach(() => service.stop());

describe('rows that version 0.1.0 wrote', () => {
  it.each([
    ['plain', 'inbound', withPrompt('two')],
    ['plain', 'outbound', configuration({ name: 'Out' })],
    ['tools-linked', 'inbound', configuration({ tools: [TOOL] })],
    ['own-key', 'inbound', configuration()],
    ['record', 'outbound', configuration()],
  ])('%s/%s is unchanged when the same is asked for: one GET, nothing written', async (org, role, body) => {
    const reply = await service.put(org, role, body);
    expect(reply).toMatchObject({ status: 200, body: { outcome: 'unchanged' } });
    expect(calls(service.vapi)).toEqual([expect.stringMatching(/^GET \/assistant\//)]);
    expect(service.tableOperations).toEqual(['Query']);
  });

  it('show their state, tools, number and drift', async () => {
    expect((await service.get('tools-linked', 'inbound')).body).toMatchObject({
      tools: { status: 'linked', count: 1 },
    });
    expect((await service.get('tools-pending', 'inbound')).body).toMatchObject({ tools: { status: 'pending' } });
    expect((await service.get('own-key', 'inbound')).body).toMatchObject({ phoneNumber: { status: 'linked' } });
    expect((await service.get('drifted', 'inbound')).body).toMatchObject({ drift: { class: 'drifted' } });
    expect((await service.get('unresolved', 'inbound')).body).toMatchObject({ state: 'unresolved' });
  });

  it('have a history, and a way back', async () => {
    const { body } = await service.history('plain', 'inbound');
    expect(body.entries).toHaveLength(2);
    const [, first] = body.entries;
    const reply = await service.rollBack('plain', 'inbound', { specHash: first.specHash });
    expect(reply).toMatchObject({ status: 200, body: { outcome: 'updated' } });
  });

  it('are carried on from where they stood: pending tools, and a create of unknown outcome', async () => {
    const pending = await service.put('tools-pending', 'inbound', configuration({ tools: [PENDING_TOOL] }));
    expect(pending.status).toBe(200);
    await service.drainQueue();
    expect((await service.get('tools-pending', 'inbound')).body).toMatchObject({ tools: { status: 'linked' } });
    // The settling time of that create is long over.
    const created = await service.put('unresolved', 'inbound', configuration());
    expect(created).toMatchObject({ status: 201, body: { outcome: 'created' } });
  });

  it('are checked and healed by a drift run, and an earlier run can still be read', async () => {
    const earlier = left.items.find(({ pk, sk }) => pk?.S === 'DRIFT' && sk?.S?.startsWith('RUN#'));
    const report = await readRun(service, String(earlier?.runId?.S));
    expect(report.lines).toEqual(['drifted drifted inbound', 'missing missing inbound', 'orphan gone inbound']);
    const healed = await runDrift(service, 'heal');
    expect(healed.lines).toEqual(expect.arrayContaining(['drifted drifted inbound', 'missing missing inbound']));
    await service.drainQueue();
    const after = await runDrift(service, 'report');
    expect(after.lines.filter((line) => /^(drifted|missing)/.test(line))).toEqual([]);
  });

  it('are removed with their assistants', async () => {
    for (const [org, role] of [
      ['plain', 'inbound'],
      ['tools-linked', 'inbound'],
      ['own-key', 'inbound'],
      ['missing', 'inbound'],
      ['unresolved', 'inbound'],
    ] as const) {
      expect((await service.remove(org, role)).status).toBe(204);
      expect((await service.get(org, role)).status).toBe(404);
    }
  });
});
