import { jest } from '@jest/globals';
import { Output } from '../../cli/output.ts';

const columns = process.stdout.columns;
let written: string;
beforeEach(() => {
  written = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
});
afterEach(() => {
  process.stdout.columns = columns;
  jest.restoreAllMocks();
});

interface Row {
  name: string;
}
const show = (rows: readonly Row[], width?: number) => {
  Object.assign(process.stdout, { columns: width });
  new Output({}).table<Row>(
    [
      { title: 'Name', of: ({ name }) => name },
      { title: 'End', of: () => 'x' },
    ],
    rows,
  );
  return written.trimEnd().split('\n');
};

describe('a table', () => {
  it.each([
    [
      'names of the East, which take two columns a letter',
      '日本語クリニック東京',
      undefined,
      '日本語クリニック東京  x',
    ],
    ['a terminal that says that it has no columns', 'Globex front desk', 0, 'Globex front desk  x'],
    ['a narrow terminal', 'Globex front desk', 16, 'Globex f…  x'],
    ['a narrow terminal, and names of the East', '日本語クリニック東京', 16, '日本語ク…  x'],
    ['line ends in a name', 'two\nlines\tlong', undefined, 'two lines long  x'],
    ['what steers a terminal', '\u001b[8mhidden\u202egnp', undefined, '\ufffd[8mhidden\ufffdgnp  x'],
  ])('is whole and in line: %s', (_name, name, width, line) => {
    expect(show([{ name }], width)[1]).toBe(line);
  });

  it('of 200,000 rows is there in a moment', () => {
    const started = performance.now();
    expect(show(Array.from({ length: 200_000 }, (_, at) => ({ name: `org-${at}` })))).toHaveLength(200_001);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
