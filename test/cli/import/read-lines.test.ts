import { startProgress } from '../../../cli/import/progress.ts';
import { type Line, readLines } from '../../../cli/import/read-lines.ts';

const A = '7c0e6f5e-3a52-4b4e-9d0f-2f1d6a1b0c01';
const B = '7c0e6f5e-3a52-4b4e-9d0f-2f1d6a1b0c02';
const HEADER = 'orgId,role,assistantId';
const valid = (line: number, orgId: string, role: string, assistantId: string) =>
  expect.objectContaining({ kind: 'valid', line, key: { orgId, role }, assistantId });
const invalid = (line: number, why: string) =>
  expect.objectContaining({ kind: 'invalid', line, why: expect.stringContaining(why) });

describe('a list of assistants', () => {
  it.each([
    ['plain CSV', `${HEADER}\nacme,inbound,${A}\nacme,outbound,${B}\n`],
    [
      'what a spreadsheet saves',
      `\uFEFF"orgId","role","assistantId"\r\n"acme","inbound","${A}"\r\n"acme","outbound","${B}"\r\n`,
    ],
    [
      'semicolons, as spreadsheets of other countries save',
      `orgId;role;assistantId\nacme;inbound;${A}\nacme;outbound;${B}`,
    ],
    [
      'semicolons, and commas in names before them',
      `name;orgId;role;assistantId\nNorth, x;acme;inbound;${A}\n"a;b";acme;outbound;${B}`,
    ],
    [
      'commas, and names that look like a line with semicolons',
      `name,orgId,role,assistantId\nx;globex;inbound;${B},acme,inbound,${A}\ny\tz,acme,outbound,${B}`,
    ],
    ['tabs', `name\torgId\trole\tassistantId\nx, y;\tacme\tinbound\t${A}\nz\tacme\toutbound\t${B}`],
    ['other columns, in another order', `name,assistantId,role,orgId\nx,${A},inbound,acme\ny,${B},outbound,acme`],
    [
      'blanks, and ids in capitals',
      `orgId, role, assistantId\nacme , inbound , ${A.toUpperCase()}\nacme,outbound,${B}`,
    ],
  ])('may be %s', (_what, text) => {
    expect(readLines(text)).toEqual([valid(2, 'acme', 'inbound', A), valid(3, 'acme', 'outbound', B)]);
  });

  it('may be JSON', () => {
    const text = JSON.stringify([{ orgId: 'acme', role: 'inbound', assistantId: A, note: 'x' }]);
    expect(readLines(text)).toEqual([valid(1, 'acme', 'inbound', A)]);
  });

  it('that is broken JSON is said to be that', () => {
    expect(() => readLines('[{"orgId": "acme",')).toThrow(/^The list is no JSON: /);
  });

  it('counts its lines as an editor does, also after empty ones', () => {
    expect(readLines(`${HEADER}\n\n\nacme,inbound,${A}\n`)).toEqual([valid(4, 'acme', 'inbound', A)]);
  });

  it.each([
    ['no organisation', `,inbound,${A}`, 'orgId'],
    ['a bad organisation', `../x,inbound,${A}`, 'orgId'],
    ['an organisation of the verification suite', `verify-1,inbound,${A}`, 'verify-'],
    ['another role', `acme,sideways,${A}`, 'role'],
    ['no id', 'acme,inbound,', 'assistantId'],
    ['an id that is none of Vapi', 'acme,inbound,asst_1', 'assistantId'],
    ['missing cells', 'acme', 'role'],
  ])('may have a line with %s: the others count all the same', (_what, row, why) => {
    expect(readLines(`${HEADER}\n${row}\nglobex,inbound,${B}`)).toEqual([
      invalid(2, why),
      valid(3, 'globex', 'inbound', B),
    ]);
  });

  it('must not name an assistant, or an organisation and role, twice: the first one counts', () => {
    const rows = [`acme,inbound,${A}`, `acme,inbound,${B}`, `globex,inbound,${A}`, `globex,outbound,${B}`];
    expect(readLines([HEADER, ...rows].join('\n'))).toEqual([
      valid(2, 'acme', 'inbound', A),
      invalid(3, 'line 2'),
      invalid(4, 'line 2'),
      valid(5, 'globex', 'outbound', B),
    ]);
  });

  it.each([
    ['has no header', `acme,inbound,${A}`],
    ['is empty', ''],
    ['is JSON but no list', '{"orgId": "acme"}'],
    ['is broken JSON', '[{'],
    ['names a column twice, so that either could be meant', `${HEADER},orgId\nacme,inbound,${A},globex`],
  ])('is refused as a whole when it %s', (_what, text) => {
    expect(() => readLines(text)).toThrow();
  });
});

describe('the progress', () => {
  const [line] = readLines(`${HEADER}\nacme,inbound,${A}`);
  const shown = (isTTY: boolean, act: (progress: ReturnType<typeof startProgress>, line: Line) => void) => {
    const texts: string[] = [];
    const progress = startProgress(3, { isTTY, write: (text) => texts.push(text) });
    if (line) act(progress, line);
    return { text: texts.join(''), end: progress.end() };
  };

  it('is a bar on a terminal, with what went wrong above it', () => {
    const { text } = shown(true, (progress, at) => {
      progress.note(at, { kind: 'imported' });
      progress.note(at, { kind: 'refused', why: 'because' });
    });
    expect(text).toContain('[##########....................] 1/3 1 imported');
    expect(text).toContain(`line 2 (acme,inbound,${A}) refused: because\n`);
    expect(text).toContain('[####################..........] 2/3 1 imported, 1 refused');
  });

  it('is a line each where there is no terminal, as in a log', () => {
    const { text } = shown(false, (progress, at) => progress.note(at, { kind: 'imported' }));
    expect(text).toBe(`line 2 (acme,inbound,${A}) imported\n`);
  });

  it('counts what failed and what was not begun', () => {
    const { end } = shown(false, (progress, at) => {
      progress.note(at, { kind: 'failed', why: 'x' });
      progress.note(at, { kind: 'refused', why: 'y' });
    });
    expect(end).toEqual({ failed: 2, untouched: 1 });
  });
});
