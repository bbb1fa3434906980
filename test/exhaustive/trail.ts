import type { Step, Violation } from './explore.ts';
import type { Reply } from './position.ts';
import { nameOf } from './properties.ts';

/** How it came to a violation, as a table of who did what. */
export function tableOf({ what, trail }: Violation, jobs: readonly string[]): string {
  const head = ['who', 'does', 'and gets'];
  const lines = [head, ...trail.map(lineOf)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const texts = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const who = jobs.map((job, index) => `${nameOf(index)} = ${job}`).join(', ');
  return [
    `${what}`,
    `(${who})`,
    ...texts.map((text, index) => `${String(index).padStart(4).replace(/^ +0$/, '    ')}  ${text}`),
  ].join('\n');
}

function lineOf({ move, reply }: Step): string[] {
  switch (move.kind) {
    case 'step': {
      const how = move.outcome === 'done' ? '' : ` (${move.outcome})`;
      return [nameOf(move.process), `${move.pending.label}${how}`, reply ? shown(reply) : ''];
    }
    case 'crash':
      return [nameOf(move.process), 'crashes', ''];
    case 'land':
      return ['network', 'a request that was under way arrives', ''];
    case 'jump':
      return ['clock', `time passes: ${move.why}`, ''];
  }
}

function shown(reply: Reply): string {
  if (reply.kind === 'error') return reply.error.name;
  return brief(reply.value);
}

/** The few words of a reply that tell one from another. */
function brief(value: unknown): string {
  if (Error.isError(value)) return 'code' in value ? String(value.code) : value.name;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(brief).join(', ');
  if (typeof value !== 'object' || value === null) return value === undefined ? '' : String(value);
  return briefFields({ ...value });
}

function briefFields(fields: Record<string, unknown>): string {
  const { kind, id, resource, mappings } = fields;
  // Of Vapi: how it answers, which whoever asks does not see, and what.
  if ('verdict' in fields) return fields.result === undefined ? 'no answer' : brief(fields.result);
  if (Array.isArray(mappings)) return mappings.length === 0 ? 'no row' : mappings.map(briefRow).join(', ');
  if ('mapping' in fields) return `${String(kind)}: ${briefRow(fields.mapping)}`;
  if (kind !== undefined) return `${String(kind)} ${brief(resource)}`.trim();
  return typeof id === 'string' ? short(id) : '';
}

function briefRow(row: unknown): string {
  if (typeof row !== 'object' || row === null) return 'no row';
  const { assistantId, revision, claim }: Record<string, unknown> = { ...row };
  const named = typeof assistantId === 'string' ? short(assistantId) : 'no assistant';
  const token = typeof claim === 'object' && claim !== null && 'token' in claim ? claim.token : undefined;
  return `revision ${String(revision)}, ${named}${token === undefined ? '' : `, claimed with ${String(token)}`}`;
}

function short(id: string): string {
  return /^0{8}-/.test(id) ? `#${Number(id.slice(-12))}` : id;
}
