import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { isJsonObject } from '../../../local/stack/json.ts';
import { LOCAL_ACCOUNTS } from '../../../local/vapi/stand-in.ts';
import type { TestService } from '../../support/service.ts';
import { everyAssistant } from '../../support/upstream.ts';

/** All that verification has left: rows of the table, assistants and tools in any account. */
export async function traces({ dynamo, environment, vapi }: TestService): Promise<string[]> {
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: environment.TABLE_NAME }));
  const rows = Items.map(({ pk, sk }) => `${pk?.S} ${sk?.S}`).filter((key) =>
    /^(ORG#verify-|VERIFICATION|SCOPE#\S+ TOOL#|OWN-ACCOUNTS verify-)/.test(key),
  );
  const assistants = everyAssistant(vapi).filter(
    ({ metadata }) => isJsonObject(metadata) && String(metadata.orgId).startsWith('verify-'),
  );
  const tools = Object.values(LOCAL_ACCOUNTS).flatMap((account) => vapi.resources(account, 'tool'));
  const things = { assistant: assistants, tool: tools };
  return [...rows, ...Object.entries(things).flatMap(([kind, found]) => found.map(({ id }) => `${kind} ${id}`))];
}
