import * as z from 'zod/mini';
import type { NamedKind } from '../../domain/account/vapi-account.ts';
import { type UpstreamRequests, unreadable } from './requests.ts';

/** Where each kind is listed. */
const PATHS: Readonly<Record<NamedKind, string>> = {
  tool: '/tool',
  credential: '/credential',
  structuredOutput: '/structured-output',
};

const entrySchema = z.looseObject({
  id: z.string(),
  createdAt: z.string(),
  name: z.optional(z.nullable(z.string())),
  function: z.optional(z.nullable(z.looseObject({ name: z.optional(z.nullable(z.string())) }))),
});

/** Some lists are the bare array, others have it in `results`. */
const listSchema = z.lazy(() => z.union([z.array(entrySchema), z.looseObject({ results: z.array(entrySchema) })]));

type Entry = z.infer<typeof entrySchema>;

const PAGE = 1000;

/** All that an account has of a kind, with its name; a function tool is called as its function. */
export async function listNamed(
  requests: UpstreamRequests,
  kind: NamedKind,
): Promise<readonly { id: string; name: string }[]> {
  const found = new Map<string, Entry>();
  for (let until: string | undefined; ; ) {
    const query = { limit: PAGE, createdAtLe: until };
    const page = await requests.repeatedly({ verb: 'LIST', request: { path: PATHS[kind], query }, read: toEntries });
    const fresh = page.filter(({ id }) => !found.has(id));
    for (const entry of fresh) found.set(entry.id, entry);
    // Inclusive, as several may share the millisecond at which the page broke off.
    if (page.length < PAGE || fresh.length === 0) break;
    until = page.at(-1)?.createdAt;
  }
  return [...found.values()].flatMap((entry) => {
    const name = entry.function?.name ?? entry.name;
    return name ? [{ id: entry.id, name }] : [];
  });
}

function toEntries(reply: unknown): Entry[] {
  const parsed = listSchema.safeParse(reply);
  if (!parsed.success) throw unreadable();
  return Array.isArray(parsed.data) ? parsed.data : parsed.data.results;
}
