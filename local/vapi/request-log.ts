/** A request that the stand-in saw. `status` is 0 while, or when, no answer was sent. */
export type RecordedRequest = {
  at: string;
  method: string;
  path: string;
  query: Record<string, string>;
  key: string | undefined;
  account: string | undefined;
  status: number;
  body: unknown;
};

const KEPT = 100_000;

/** The last 100,000 requests, oldest first. */
export class RequestLog {
  readonly entries: RecordedRequest[] = [];

  /** Notes a request at its arrival; its status is filled in with the answer. */
  add(entry: RecordedRequest): void {
    this.entries.push(entry);
    if (this.entries.length > KEPT * 1.1) this.entries.splice(0, this.entries.length - KEPT);
  }

  clear(): void {
    this.entries.length = 0;
  }

  /** How many requests had this method and a path equal to `path`, or matching it. */
  count(method: string, path?: string | RegExp): number {
    return this.entries.filter((entry) => entry.method === method && isPath(entry.path, path)).length;
  }
}

function isPath(actual: string, wanted: string | RegExp | undefined): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === 'string' ? actual === wanted : wanted.test(actual);
}
