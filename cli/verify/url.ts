import { type VerificationReport, verificationReportSchema } from '../../src/domain/verification/report.ts';

/** API Gateway answers within 30 s. */
const LONGEST_MS = 45_000;

/**
 * Has a deployed API verify itself. `headers` are `name: value`. Throws when it does not answer with a report, saying
 * what to do where the API asks for a signature.
 */
export async function verifyUrl(url: string, headers: readonly string[]): Promise<VerificationReport> {
  const target = `${url.replace(/\/+$/, '')}/verify`;
  const response = await post(target, new Headers(headers.map(parseHeader)));
  const text = await response.text();
  if (response.status === 401 || response.status === 403) {
    throw new Error(
      `${target} answered ${response.status}: the route asks for authorisation. Requests are not signed here: use --stage, which invokes the function with your AWS credentials, or give a token with --header 'authorization: …'`,
    );
  }
  if (!response.ok) throw new Error(`${target} answered ${response.status}: ${text.slice(0, 300)}`);
  return readReport(text, target);
}

async function post(target: string, headers: Headers): Promise<Response> {
  try {
    // What authorises the request goes to that address alone.
    return await fetch(target, {
      ...{ method: 'POST', headers, redirect: 'error' },
      signal: AbortSignal.timeout(LONGEST_MS),
    });
  } catch (error) {
    const { cause } = error instanceof Error ? error : {};
    throw new Error(`${target} could not be reached: ${cause instanceof Error ? cause.message : String(error)}`);
  }
}

/** The report in a JSON text. Throws when it is none, naming where it came from. */
export function readReport(text: string, source: string): VerificationReport {
  const parsed = verificationReportSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new Error(`${source} answered without a verification report: ${text.slice(0, 300)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseHeader(text: string): [string, string] {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error(`--header "${text}" is not of the form "name: value"`);
  return [name, value];
}
