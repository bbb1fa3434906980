import { completeList } from '../../../src/domain/account/list-cache.ts';
import { pagesOf } from '../../../src/domain/account/list-created.ts';
import type { ListQuery } from '../../../src/domain/account/vapi-account.ts';

const ALL = Array.from({ length: 350 }, (_, index) => ({
  id: `id-${index}`,
  createdAt: new Date(Date.UTC(2026, 0, 1) - index * 1000).toISOString(),
}));

/** Lists as Vapi does, but never more than some at once, whatever it is asked for: it says nothing of that. */
function capped(most: number) {
  let lists = 0;
  const list = async ({ limit, until = ALL[0]?.createdAt ?? '' }: ListQuery) => {
    lists += 1;
    return ALL.filter(({ createdAt }) => createdAt <= until).slice(0, Math.min(limit, most));
  };
  return { list, count: () => lists };
}

describe.each([100, 120, 349, 1000])('an account whose lists have %i entries at most', (most) => {
  it('is walked to its end, page by page', async () => {
    const found: string[] = [];
    for await (const page of pagesOf(capped(most).list, { limit: 1000 })) found.push(...page.map(({ id }) => id));
    expect(found).toEqual(ALL.map(({ id }) => id));
  });

  it('is cached whole', async () => {
    const cached = { entries: new Map<string, { id: string; createdAt: string }>(), isComplete: false };
    await completeList(cached, capped(most).list);
    expect(cached.entries.size).toBe(ALL.length);
  });
});

it('a page with fewer than Vapi lists unasked is the last, and no other is asked for', async () => {
  const { list, count } = capped(1000);
  const few = async (query: ListQuery) => (await list(query)).slice(0, 99);
  for await (const page of pagesOf(few, { limit: 1000 })) expect(page).toHaveLength(99);
  expect(count()).toBe(1);
});
