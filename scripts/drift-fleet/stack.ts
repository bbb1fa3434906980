import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { plantFleet } from '../../local/fleet/planted-fleet.ts';
import { startServers } from '../../local/stack/servers.ts';
import { localDefinition } from '../../local/stack/stack.ts';

/** The embedded stack with a planted fleet, in a process of its own: its memory is not the worker's. */
process.on('disconnect', () => process.exit());
const size = Number(process.argv[2]);
const servers = await startServers({ definition: localDefinition() });
const { environment } = servers;
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const dynamo = new DynamoDBClient({
  region: environment.AWS_REGION ?? '',
  endpoint: environment.AWS_ENDPOINT_URL_DYNAMODB ?? '',
  credentials,
});
const started = performance.now();
const lines = await plantFleet(
  {
    ...servers,
    dynamo,
    tableName: environment.TABLE_NAME ?? '',
    secretPrefix: environment.SECRET_PREFIX ?? '',
    deployment: 'fleet',
  },
  size,
);
process.send?.({ environment, lines, seededMs: performance.now() - started });
