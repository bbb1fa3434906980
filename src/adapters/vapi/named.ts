import * as z from 'zod/mini';
import { pagesOf } from '../../domain/account/list-created.ts';
import type { ListQuery, NamedKind } from '../../domain/account/vapi-account.ts';
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

/** Some lists are an array, others have it in `results`. */
const listSchema = z.lazy(() => z.union([z.array(entrySchema), z.looseObject({ results: z.array(entrySchema) })]));

type Entry = z.infer<typeof entrySchema>;

const PAGE = 1000;

/** Everything of a kind in an account that has a name; the name of a function tool is that of its function. */
export async function listNamed(
  requests: UpstreamRequests,
  kind: NamedKind,
): Promise<readonly { id: string; name: string }[]> {
  const list = ({ until, limit }: ListQuery) =>
    requests.repeatedly({
      verb: 'LIST',
      request: { path: PATHS[kind], query: { limit, createdAtLe: until } },
      read: toEntries,
    });
  const found: { id: string; name: string }[] = [];
  for await (const page of pagesOf(list, { limit: PAGE })) {
    for (const { id, function: called, name: own } of page) {
      const name = called?.name ?? own;
      if (name) found.push({ id, name });
    }
  }
  return found;
}

function toEntries(reply: unknown): Entry[] {
  const parsed = listSchema.safeParse(reply);
  if (!parsed.success) throw unreadable();
  return Array.isArray(parsed.data) ? parsed.data : parsed.data.results;
}
