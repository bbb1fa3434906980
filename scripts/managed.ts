/**
 * Prints which assistants of a Vapi account this deployment has made, as the file that `npm run import` takes:
 * `npm run -s managed -- [--stage dev] [--org acme] > assistants.csv`. For a table that was lost: see docs/runbook.md.
 */
import { parseArgs } from 'node:util';
import { makeApplication } from '../src/application.ts';
import { listManaged } from './import/list-managed.ts';
import { assertReachable, enterTarget } from './import/target.ts';

try {
  const { values } = parseArgs({ options: { stage: { type: 'string' }, org: { type: 'string' } } });
  const target = await enterTarget({ stage: values.stage });
  try {
    const { sync } = makeApplication();
    await assertReachable(sync, target);
    const lines = await listManaged(sync, values.org);
    const rows = lines.map(({ orgId, role, assistantId }) => `${orgId},${role},${assistantId}`);
    process.stdout.write(`${['orgId,role,assistantId', ...rows].join('\n')}\n`);
    process.stderr.write(`${rows.length} assistants of ${target.name}\n`);
  } finally {
    await target.close();
  }
} catch (error) {
  process.stderr.write(`${Error.isError(error) ? error.message : 'The list could not be made'}\n`);
  process.exitCode = 2;
}
