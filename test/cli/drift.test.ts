import { setTimeout as delay } from 'node:timers/promises';
import { removeUpstream } from '../performance/remove-upstream.ts';
import { configuration } from '../support/configurations.ts';
import { driftEvent } from '../support/drift-runs.ts';
import type { TestService } from '../support/service.ts';
import { cli, type ServedService, useServed } from './cli-process.ts';

let service: TestService;
let served: ServedService;
useServed((...given) => {
  [served, service] = given;
});

/** The command, while the worker does what the run needs, from when the run was asked for. */
async function drift(...options: readonly string[]) {
  let isAsked = false;
  served.instead = ({ method }) => {
    isAsked ||= method === 'GET';
    return undefined;
  };
  const command = cli(['drift', ...options, '--url', served.url]);
  let hasEnded = false;
  void command.then(() => {
    hasEnded = true;
  });
  while (!hasEnded) await (isAsked ? service.drainQueue() : delay(20));
  return await command;
}

it('says that there is nothing to look at', async () => {
  expect(await drift()).toMatchObject({ code: 0, out: 'There is no assistant.\n' });
}, 60_000);

it('a healing run says of each finding why it was left as it is', async () => {
  for (const org of ['healed', 'watched']) {
    await service.put(org, 'inbound', configuration());
    await removeUpstream(service, org);
  }
  await service.invoke('sync', {
    version: '2.0',
    routeKey: 'PUT /orgs/{orgId}',
    requestContext: { http: { method: 'PUT' } },
    pathParameters: { orgId: 'watched' },
    body: '{"driftMode": "report"}',
  });
  const { out } = await drift('--heal');
  const lineOf = (org: string) => out.split('\n').find((line) => line.includes(` ${org} `));
  expect(lineOf('healed')).toMatch(/→ reapplied/);
  expect(lineOf('watched')).toMatch(/→ left as it is: the driftMode of watched is report$/);
  expect((await drift()).out).not.toContain('left as it is');
}, 60_000);

it('says that the run that is going on already only reports', async () => {
  const { body } = await service.invoke('drift', driftEvent('POST', { body: { mode: 'report' } }));
  const { err } = await drift('--heal');
  expect(err).toBe(
    `Watching drift run ${body.runId} (report), which had begun already. It heals nothing: call the command again when it has ended.\n`,
  );
}, 60_000);
