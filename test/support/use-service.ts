import { randomUUID } from 'node:crypto';
import { startService, type TestService } from './service.ts';

interface Given {
  service: TestService;
  /** An organisation that no other test has. */
  org: string;
}

/**
 * The service for the tests of one file: started before the first, stopped after the last. Each test gets it without
 * faults, tasks and counts of earlier ones, and an organisation of its own.
 */
export function useService(take: (given: Given) => void, options?: Parameters<typeof startService>[0]): void {
  let service: TestService;
  const give = () => take({ service, org: `org-${randomUUID().slice(0, 8)}` });
  beforeAll(async () => {
    service = await startService(options);
    give();
  });
  beforeEach(async () => {
    service.vapi.clearFaults();
    service.secrets.clearFaults();
    await service.forgetTasks();
    service.clearCounts();
    give();
  });
  afterAll(() => service.stop());
}
