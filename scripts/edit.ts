/**
 * Changes an assistant of the embedded stack as somebody might in Vapi's dashboard, past this service:
 * `npm run edit -- globex/inbound '{"firstMessage": "By hand"}'`, or `--delete`. Drift runs then find it.
 */
import { parseArgs } from 'node:util';
import { enterTarget, type Target } from '../cli/import/target.ts';
import { LOCAL_ACCOUNTS } from '../local/vapi/stand-in.ts';
import { makeApplication } from '../src/application.ts';
import { type AssistantKey, parseAssistantKey } from '../src/domain/configuration/assistant-key.ts';
import { mappingOf } from '../src/domain/mapping/organisation-view.ts';
import { readSettings } from '../src/settings.ts';

const USAGE = `npm run edit -- ORG/ROLE '{"firstMessage": "By hand"}'    or    npm run edit -- ORG/ROLE --delete`;

async function edit(key: AssistantKey, change: string | undefined): Promise<string> {
  const mapping = mappingOf(await makeApplication().sync.mappings.read(key.orgId), key);
  if (!mapping?.assistantId) throw new Error(`${key.orgId} has no ${key.role} assistant. PUT one first.`);
  const apiKey = Object.entries(LOCAL_ACCOUNTS).find(([, account]) => account === mapping.vapiOrgId)?.[0] ?? '';
  const reply = await fetch(`${readSettings().vapiBaseUrl}/assistant/${mapping.assistantId}`, {
    method: change === undefined ? 'DELETE' : 'PATCH',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    ...(change === undefined ? {} : { body: change }),
  });
  if (!reply.ok) throw new Error(`The Vapi stand-in refused it: ${await reply.text()}`);
  return `${mapping.assistantId} of ${key.orgId}/${key.role} was ${change === undefined ? 'deleted' : 'edited'} by hand`;
}

function assertStandIn({ isStandIn, name }: Target): void {
  if (!isStandIn) throw new Error(`This is for the embedded stack and its Vapi stand-in, not for ${name}`);
}

try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { delete: { type: 'boolean' } } });
  const [name = '', change] = positionals;
  if (name === '' || (change === undefined) !== (values.delete === true)) throw new Error(USAGE);
  const [orgId, role] = name.split('/');
  const key = parseAssistantKey(orgId, role);
  const target = await enterTarget({});
  try {
    assertStandIn(target);
    process.stdout.write(`${await edit(key, change)}\n`);
  } finally {
    await target.close();
  }
} catch (error) {
  process.stderr.write(`${Error.isError(error) ? error.message : 'Nothing was edited'}\n`);
  process.exitCode = 2;
}
