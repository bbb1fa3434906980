import { type AssistantKey, parseAssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import { isJsonObject } from '../../src/domain/json.ts';
import { Problem } from '../../src/domain/problem.ts';

/** One line of the file that can be imported, or what is wrong with it. `line` counts from 1. */
export type Line = { line: number; text: string } & (
  | { kind: 'valid'; key: AssistantKey; assistantId: string }
  | { kind: 'invalid'; why: string }
);

const COLUMNS = ['orgId', 'role', 'assistantId'] as const;
type Fields = Record<(typeof COLUMNS)[number], unknown>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Reads a list of assistants: CSV with the header `orgId,role,assistantId` (other columns are passed over), or a JSON list
 * of objects with these fields. Throws an `Error` for a file that is neither; a line that is wrong is in the list.
 */
export function readLines(content: string): Line[] {
  const text = content.replace(/^\uFEFF/, '');
  const rows = /^\s*[[{]/.test(text) ? jsonRows(text) : csvRows(text);
  return withoutContradictions(rows.map(({ line, fields }) => lineOf(line, fields)));
}

interface Row {
  line: number;
  fields: Fields;
}

function jsonRows(text: string): Row[] {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new Error('The JSON must be a list: [{"orgId": …, "role": …, "assistantId": …}, …]');
  return list.map((entry: unknown, index) => {
    const { orgId, role, assistantId } = isJsonObject(entry) ? entry : {};
    return { line: index + 1, fields: { orgId, role, assistantId } };
  });
}

function csvRows(text: string): Row[] {
  const [header, ...rows] = text.split(/\r?\n/).map(cellsOf);
  const places = COLUMNS.map((name) => header?.indexOf(name) ?? -1);
  if (places.includes(-1)) throw new Error(`The first line must name the columns: ${COLUMNS.join(',')}`);
  return rows.flatMap((cells, index) => {
    if (cells.every((cell) => cell === '')) return [];
    const [orgId, role, assistantId] = places.map((place) => cells[place]);
    return [{ line: index + 2, fields: { orgId, role, assistantId } }];
  });
}

/** None of the columns can hold a comma or a quote; quotes around a cell are taken off. */
function cellsOf(row: string): string[] {
  return row.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}

function lineOf(line: number, { orgId, role, assistantId }: Fields): Line {
  const text = [orgId, role, assistantId].map((value) => String(value ?? '').slice(0, 64)).join(',');
  const id = typeof assistantId === 'string' ? assistantId.trim().toLowerCase() : '';
  try {
    const key = parseAssistantKey(orgId, role);
    if (UUID.test(id)) return { kind: 'valid', line, text, key, assistantId: id };
    return { kind: 'invalid', line, text, why: 'assistantId: use the id of the assistant at Vapi, a UUID' };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { kind: 'invalid', line, text, why: error.message };
  }
}

/** Lines that are imported side by side must not contradict each other: the first one counts. */
function withoutContradictions(lines: readonly Line[]): Line[] {
  const taken = new Map<string, Line>();
  return lines.map((line) => {
    if (line.kind === 'invalid') return line;
    const { key, assistantId } = line;
    const names = [`${key.orgId}/${key.role}`, assistantId];
    const earlier = names.map((name) => taken.get(name)).find((found) => found !== undefined);
    if (!earlier) {
      for (const name of names) taken.set(name, line);
      return line;
    }
    const why = `line ${earlier.line} names the same assistant, or the same organisation and role; drop one of them`;
    return { kind: 'invalid', line: line.line, text: line.text, why };
  });
}
