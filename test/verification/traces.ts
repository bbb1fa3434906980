import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { isJsonObject } from '../../local/json.ts';
import type { TestService } from '../support/service.ts';
import { everyAssistant } from '../support/upstream.ts';

/** All that verification has left: rows of the table, and assistants in any account. */
export async function traces({ dynamo, environment, vapi }: TestService): Promise<string[]> {
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: environment.TABLE_NAME }));
  const rows = Items.map(({ pk, sk }) => `${pk?.S} ${sk?.S}`).filter((key) => /^(ORG#verify-|VERIFICATION)/.test(key));
  const assistants = everyAssistant(vapi).filter(
    ({ metadata }) => isJsonObject(metadata) && String(metadata.orgId).startsWith('verify-'),
  );
  return [...rows, ...assistants.map(({ id }) => `assistant ${id}`)];
}
