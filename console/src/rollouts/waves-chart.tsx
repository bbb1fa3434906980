import { scaleBand, scaleSqrt } from 'd3-scale';
import type { Rollout } from '../common/api-types.ts';
import { countOf, numberOf } from '../common/text.ts';
import { isOver, type Wave, wavesOf } from './progress.ts';

const SIZE = { width: 1040, height: 190, top: 24, bottom: 24, widest: 130 };

/**
 * The waves as columns that fill. Heights grow with the root of the size, so that a wave of one is seen beside one of
 * thousands.
 */
export function WavesChart({ rollout }: { rollout: Rollout }) {
  const waves = wavesOf(rollout);
  const x = scaleBand<number>()
    .domain(waves.map((_, index) => index))
    .range([0, Math.min(SIZE.width, waves.length * SIZE.widest)])
    .paddingInner(0.2);
  const base = SIZE.height - SIZE.bottom;
  const height = scaleSqrt([0, Math.max(1, ...rollout.waves)], [0, base - SIZE.top]);
  return (
    <figure class="stack">
      <svg
        class="chart waves"
        viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
        role="img"
        aria-label={labelOf(rollout, waves)}
      >
        {waves.map((wave, index) => (
          <g key={`${index + 1}`} transform={`translate(${x(index) ?? 0} ${base})`}>
            <Column wave={wave} width={x.bandwidth()} height={height(wave.size)} isNow={isNow(rollout, index)} />
            <text x={x.bandwidth() / 2} y={-height(wave.size) - 8} text-anchor="middle">
              {numberOf(wave.size)}
            </text>
            <text x={x.bandwidth() / 2} y={17} text-anchor="middle">
              Wave {index + 1}
            </text>
          </g>
        ))}
      </svg>
    </figure>
  );
}

function isNow(rollout: Rollout, index: number): boolean {
  return !isOver(rollout) && rollout.wave === index + 1;
}

interface ColumnProps {
  wave: Wave;
  width: number;
  height: number;
  isNow: boolean;
}

function Column({ wave: { size, done, back }, width, height, isNow: present }: ColumnProps) {
  const part = (count: number) => (size === 0 ? 0 : (height * count) / size);
  return (
    <>
      <rect class="wave-room" y={-height} width={width} height={height} rx={3} />
      <rect class="wave-done" y={-part(done)} width={width} height={part(done)} rx={3} />
      <rect class="wave-back" y={-part(done + back)} width={width} height={part(back)} rx={3} />
      {present && <rect class="wave-now" y={-height} width={width} height={height} rx={3} />}
    </>
  );
}

function labelOf({ wave, waves: sizes }: Rollout, waves: readonly Wave[]): string {
  const each = waves.map(
    ({ size, done, back }, index) =>
      `wave ${index + 1}: ${done} of ${size} done${back > 0 ? `, ${back} rolled back` : ''}`,
  );
  return `Wave ${wave} of ${countOf(sizes.length, 'wave')}. ${each.join('; ')}`;
}
