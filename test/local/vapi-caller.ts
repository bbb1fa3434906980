import type { VapiStandIn } from '../../local/vapi/stand-in.ts';

export const PLATFORM_KEY = 'local-platform-key';
export const ACME_KEY = 'local-acme-key';

export interface VapiReply {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers whose shape is what they assert
  json: any;
}

/** One request, "METHOD /path", as a client without any retries makes it. Text bodies go out as they are. */
export async function call(
  vapi: Pick<VapiStandIn, 'url'>,
  request: string,
  options: { body?: unknown; key?: string | null; signal?: AbortSignal } = {},
): Promise<VapiReply> {
  const [method = 'GET', path = '/'] = request.split(' ');
  const { body, key = PLATFORM_KEY, signal } = options;
  const response = await fetch(vapi.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...(key !== null && { authorization: `Bearer ${key}` }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
