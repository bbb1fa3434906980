import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFn_basic,
  tableFeatures,
  useTable,
} from '@tanstack/preact-table';
import { useRef } from 'preact/hooks';
import { StateChip, Time } from '../common/parts.tsx';
import type { FleetRow } from './fleet-rows.ts';
import { useVirtualRows } from './virtual-rows.ts';

/** As in tables.css. */
const ROW_HEIGHT = 44;

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { basic: sortFn_basic },
});
const helper = createColumnHelper<typeof features, FleetRow>();

const columns = helper.columns([
  helper.accessor(({ status }) => status.orgId, {
    id: 'organisation',
    header: 'Organisation',
    sortFn: 'basic',
    cell: ({ row: { original } }) => (
      <a href={original.address}>
        {original.status.orgId}
        <span class="visually-hidden"> {original.status.role}</span>
      </a>
    ),
  }),
  helper.accessor(({ status }) => status.role, { id: 'role', header: 'Role', sortFn: 'basic' }),
  helper.accessor(({ status }) => status.state, {
    id: 'state',
    header: 'State',
    sortFn: 'basic',
    cell: ({ getValue }) => <StateChip code={getValue()} />,
  }),
  helper.accessor(({ status }) => status.drift?.class ?? '', {
    id: 'drift',
    header: 'Drift',
    sortFn: 'basic',
    cell: ({ getValue }) => (getValue() === '' ? <span class="muted">None</span> : <StateChip code={getValue()} />),
  }),
  helper.accessor(({ status }) => status.summary?.name ?? '', {
    id: 'name',
    header: 'Assistant',
    sortFn: 'basic',
    cell: ({ row: { original } }) => <Summary of={original} />,
  }),
  helper.accessor(({ status }) => (status.template ? `${status.template.id} ${status.template.version}` : ''), {
    id: 'template',
    header: 'Template',
    sortFn: 'basic',
  }),
  helper.accessor(({ status }) => status.changedAt ?? status.updatedAt, {
    id: 'changed',
    header: 'Changed',
    sortFn: 'basic',
    cell: ({ getValue }) => <Time at={getValue()} />,
  }),
]);

function Summary({ of: { status } }: { of: FleetRow }) {
  const { name, model } = status.summary ?? {};
  return (
    <>
      {name} {model && <span class="muted">{model}</span>}
    </>
  );
}

const SORTED = { asc: 'ascending', desc: 'descending' } as const;

/** Thousands of assistants: sorted by the headers, and only those in view are drawn. */
export function FleetTable({ rows }: { rows: FleetRow[] }) {
  const scroll = useRef<HTMLElement>(null);
  const table = useTable({ features, columns, data: rows, getRowId: ({ address }) => address });
  const sorted = table.getRowModel().rows;
  const { indexes, before, after } = useVirtualRows({ count: sorted.length, height: ROW_HEIGHT, scroll });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
    <section class="scroll fleet-scroll" ref={scroll} tabIndex={0} aria-label="Assistants">
      <table class="table fleet-table" aria-rowcount={sorted.length + 1}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} aria-rowindex={1}>
              {group.headers.map(({ id, column }) => (
                <th key={id} scope="col" class={`column-${id}`} aria-sort={sortOf(column.getIsSorted())}>
                  <button type="button" class="sort" onClick={column.getToggleSortingHandler()}>
                    {String(column.columnDef.header)}
                  </button>
                </th>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          <Gap height={before} />
          {indexes.map((index) => {
            const row = sorted[index];
            return row ? (
              <tr key={row.id} aria-rowindex={index + 2}>
                {row.getAllCells().map((cell) => (
                  <td key={cell.id}>
                    <table.FlexRender cell={cell} />
                  </td>
                ))}
              </tr>
            ) : null;
          })}
          <Gap height={after} />
        </tbody>
      </table>
    </section>
  );
}

function sortOf(order: false | 'asc' | 'desc') {
  return order ? SORTED[order] : undefined;
}

/** Stands for rows that are not drawn. */
function Gap({ height }: { height: number }) {
  return height === 0 ? null : (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus.
    <tr aria-hidden="true">
      <td class="gap" colSpan={columns.length} style={{ height: `${height}px` }} />
    </tr>
  );
}
