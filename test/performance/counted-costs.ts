import { countUnits } from '../../local/stack/counted-table.ts';
import { startService, type TestService } from '../support/service.ts';
import { calls } from '../support/upstream.ts';

/** What one operation asks of others: the calls in order, and what DynamoDB charges for. */
export interface Costs {
  vapi: readonly string[];
  table: readonly string[];
  read: number;
  write: number;
  secrets: number;
  queue: number;
}

/** A service that counts what each act costs. */
export interface CountedService extends TestService {
  costsOf(act: () => Promise<unknown>): Promise<Costs>;
}

/** Starts the service with counters on its table. */
export async function startCountedService(): Promise<CountedService> {
  const service = await startService();
  const units = countUnits(service.dynamo);
  const costsOf = async (act: () => Promise<unknown>) => {
    service.clearCounts();
    const { read, write } = units;
    await act();
    return {
      vapi: calls(service.vapi),
      table: [...service.tableOperations],
      read: units.read - read,
      write: units.write - write,
      secrets: service.secrets.requests.length,
      queue: service.sent.length,
    };
  };
  return { ...service, costsOf };
}
