import { SEEDED_ORGS } from '../../local/stack/seed.ts';
import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import type { Line } from './read-lines.ts';

/**
 * Puts the assistants of the lines into the Vapi stand-in, as if others had made them, so that there is something to
 * import.
 */
export async function seedStandIn(url: string, lines: readonly Line[]): Promise<number> {
  let made = 0;
  for (const line of lines) {
    if (line.kind === 'invalid') continue;
    const key = line.key.orgId === SEEDED_ORGS.ownKey ? 'local-acme-key' : 'local-platform-key';
    const path = `${url}/assistant/${line.assistantId}`;
    if ((await fetch(path, { headers: { authorization: `Bearer ${key}` } })).ok) continue;
    await seedOne(url, { account: LOCAL_ACCOUNTS[key], id: line.assistantId, body: madeByHand(line) });
    made += 1;
  }
  return made;
}

function madeByHand({ key }: Extract<Line, { kind: 'valid' }>): object {
  return {
    name: `${key.orgId} ${key.role}`.slice(0, 40),
    firstMessage: 'Hello from before.',
    model: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content: 'Made by hand.' }] },
    voice: { provider: 'azure', voiceId: 'emma' },
  };
}

async function seedOne(url: string, seed: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${url}/_control/seed`, { method: 'POST', headers, body: JSON.stringify(seed) });
  if (!reply.ok) throw new Error(`The Vapi stand-in refused an assistant: ${await reply.text()}`);
}
