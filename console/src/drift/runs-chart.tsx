import { scaleBand, scaleLinear } from 'd3-scale';
import { stack } from 'd3-shape';
import type { DriftRun } from '../common/api-types.ts';
import { countOf, dateOf, wordsOf } from '../common/text.ts';
import { CLASSES, countsOf, totalOf } from './findings.ts';

const SIZE = { width: 900, height: 220, left: 44, right: 8, top: 12, bottom: 28 };

/** Findings of the last runs, as bars of classes. The table below it says the same. */
export function RunsChart({ runs }: { runs: readonly DriftRun[] }) {
  const oldestFirst = runs.filter(({ closedAt }) => closedAt !== null).toReversed();
  if (oldestFirst.length === 0) return null;
  const x = scaleBand<string>()
    .domain(oldestFirst.map(({ runId }) => runId))
    .range([SIZE.left, SIZE.width - SIZE.right])
    .paddingInner(0.35)
    .paddingOuter(0.2);
  const most = Math.max(1, ...oldestFirst.map(totalOf));
  const y = scaleLinear([0, most], [SIZE.height - SIZE.bottom, SIZE.top]).nice(4);
  const layers = stack<unknown, DriftRun, (typeof CLASSES)[number]>()
    .keys(CLASSES)
    .value((run, name) => countsOf(run)[name])(oldestFirst);
  const width = Math.min(x.bandwidth(), 44);
  return (
    <figure class="stack">
      <svg class="chart" viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} role="img" aria-label={labelOf(oldestFirst)}>
        {y.ticks(Math.min(4, most)).map((tick) => (
          <g key={tick} transform={`translate(0 ${y(tick)})`}>
            <line class="grid" x1={SIZE.left} x2={SIZE.width - SIZE.right} />
            <text x={SIZE.left - 8} dy="0.32em" text-anchor="end">
              {tick}
            </text>
          </g>
        ))}
        {layers.flatMap((layer) =>
          layer.map((part) => (
            <rect
              key={`${layer.key} ${part.data.runId}`}
              class={`class-${layer.key}`}
              x={(x(part.data.runId) ?? 0) + (x.bandwidth() - width) / 2}
              y={y(part[1])}
              width={width}
              height={Math.max(0, y(part[0]) - y(part[1]))}
            >
              <title>{`${dateOf(part.data.startedAt)}: ${part[1] - part[0]} ${layer.key}`}</title>
            </rect>
          )),
        )}
        <Ends runs={oldestFirst} />
      </svg>
      <Legend runs={oldestFirst} />
    </figure>
  );
}

/** The times of the first run and of the last. */
function Ends({ runs }: { runs: readonly DriftRun[] }) {
  const [first, last] = [runs[0], runs.at(-1)];
  const line = SIZE.height - 8;
  return (
    <>
      {first && runs.length > 1 && (
        <text x={SIZE.left} y={line}>
          {dateOf(first.startedAt)}
        </text>
      )}
      {last && (
        <text x={SIZE.width - SIZE.right} y={line} text-anchor="end">
          {dateOf(last.startedAt)}
        </text>
      )}
    </>
  );
}

function Legend({ runs }: { runs: readonly DriftRun[] }) {
  const present = CLASSES.filter((name) => runs.some((run) => countsOf(run)[name] > 0));
  return (
    <ul class="legend">
      {present.map((name) => (
        <li key={name}>
          <span class={`swatch class-${name}`} aria-hidden="true" />
          {wordsOf(name)}
        </li>
      ))}
    </ul>
  );
}

function labelOf(runs: readonly DriftRun[]): string {
  const last = runs.at(-1);
  return `Findings of the last ${countOf(runs.length, 'run')}${last ? `; the newest has ${totalOf(last)}` : ''}`;
}
