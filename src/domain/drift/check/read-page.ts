import type { ScopeKey } from '../../account/scope.ts';
import type { VapiAccount } from '../../account/vapi-account.ts';
import type { MappingRow } from '../../mapping/organisation-view.ts';
import { Problem } from '../../problem.ts';
import type { FleetIndex } from '../fleet.ts';
import { type Rows, rowMs } from './join-page.ts';
import { completePart, createdMs, isInside, listBounds, type Page, type Window } from './window.ts';

/** The most that Vapi lists at once. */
const MOST = 1000;

/** Lists the newest assistants of a window, as many as one page holds. */
export async function readPage(account: VapiAccount, window: Window, pageSize: number): Promise<Page> {
  const listed = await account.assistants.list({ ...listBounds(window), limit: pageSize });
  if (!listed.every((assistant) => isInside(createdMs(assistant), window))) {
    throw new Problem('VAPI_UNAVAILABLE', 'Vapi lists assistants outside of the window that was asked for.');
  }
  const [newest] = listed;
  const part = completePart(listed, pageSize);
  if (part || !newest) return part ?? { assistants: [] };
  return await readMillisecond(account, createdMs(newest));
}

/** All assistants of one millisecond, when they fill a page. */
async function readMillisecond(account: VapiAccount, at: number): Promise<Page> {
  const moment = new Date(at).toISOString();
  const assistants = await account.assistants.list({ since: moment, until: moment, limit: MOST });
  if (assistants.length < MOST) return { assistants, completeFrom: at };
  throw new Problem('INTERNAL', `Vapi lists ${MOST} assistants of ${moment} and cannot be asked for the others.`);
}

interface RowQuery {
  scope: ScopeKey;
  window: Window;
  limit: number;
}

/** Reads the newest rows of a window; milliseconds are never divided. */
export async function readRows(fleet: FleetIndex, query: RowQuery): Promise<Rows> {
  const items: MappingRow[] = [];
  let after: string | undefined;
  for (;;) {
    const slice = await fleet.rows({ ...query, after });
    items.push(...slice.items);
    const [first] = items;
    const last = items.at(-1);
    if (!slice.next || !first || !last) return { items };
    const lowest = rowMs(last);
    if (rowMs(first) > lowest) {
      return { items: items.filter((row) => rowMs(row) > lowest), completeFrom: lowest + 1 };
    }
    after = slice.next;
  }
}
