import { parse } from 'csv-parse/sync';
import * as z from 'zod/mini';
import {
  type AssistantKey,
  assertNotReserved,
  parseAssistantKey,
} from '../../src/domain/configuration/assistant-key.ts';
import { isJsonObject } from '../../src/domain/json.ts';
import { Problem } from '../../src/domain/problem.ts';
import { messageOf } from '../exit.ts';

/** One line of the file: an import, or what is wrong with it. `line` counts from 1. */
export type Line = { line: number; text: string } & (
  | { kind: 'valid'; key: AssistantKey; assistantId: string }
  | { kind: 'invalid'; why: string }
);

const COLUMNS = ['orgId', 'role', 'assistantId'] as const;
type Fields = Record<(typeof COLUMNS)[number], unknown>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Reads a list of assistants: CSV with the header `orgId,role,assistantId` (other columns are ignored, and `;` or a tab
 * may be used instead of a comma), or a JSON list of objects with these fields. Throws an `Error` for a file that is
 * neither; lines with mistakes are in the list.
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
  const list = parsed(text);
  if (!Array.isArray(list)) throw new Error('The JSON must be a list: [{"orgId": …, "role": …, "assistantId": …}, …]');
  return list.map((entry: unknown, index) => {
    const { orgId, role, assistantId } = isJsonObject(entry) ? entry : {};
    return { line: index + 1, fields: { orgId, role, assistantId } };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The list is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

const recordsSchema = z.array(
  z.object({ info: z.object({ lines: z.number() }), record: z.record(z.string(), z.string()) }),
);

/** The separator: a comma, or that of spreadsheets of other countries. */
const DELIMITERS = [',', ';', '\t'];

/** What parts the columns of the first line. In the lines below it, the others are letters of a name. */
function delimiterIn(text: string): string {
  const [header = ''] = text.trimStart().split('\n');
  const names = (delimiter: string) => header.split(delimiter).map((name) => name.replaceAll('"', '').trim());
  return DELIMITERS.find((delimiter) => COLUMNS.every((name) => names(delimiter).includes(name))) ?? ',';
}

function csvRows(text: string): Row[] {
  const options = { bom: true, trim: true, relax_quotes: true, relax_column_count: true, skip_empty_lines: true };
  let header: readonly string[] = [];
  const columns = (names: string[]) => {
    const twice = COLUMNS.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
    if (twice) throw new Error(`The first line names ${twice} twice; drop one of the two columns`);
    header = names;
    return names;
  };
  const records = recordsSchema.parse(parse(text, { ...options, delimiter: delimiterIn(text), info: true, columns }));
  const missing = COLUMNS.filter((name) => !header.includes(name));
  if (missing.length > 0) throw new Error(`The first line must name the columns: ${COLUMNS.join(',')}`);
  return records.map(({ info, record: { orgId, role, assistantId } }) => {
    return { line: info.lines, fields: { orgId, role, assistantId } };
  });
}

function lineOf(line: number, { orgId, role, assistantId }: Fields): Line {
  const text = [orgId, role, assistantId].map((value) => String(value ?? '').slice(0, 64)).join(',');
  const id = typeof assistantId === 'string' ? assistantId.trim().toLowerCase() : '';
  try {
    const key = parseAssistantKey(orgId, role);
    assertNotReserved(key.orgId);
    if (UUID.test(id)) return { kind: 'valid', line, text, key, assistantId: id };
    return { kind: 'invalid', line, text, why: 'assistantId: use the id of the assistant at Vapi, a UUID' };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { kind: 'invalid', line, text, why: error.message };
  }
}

/** Marks lines that contradict an earlier one: lines are imported side by side. */
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
