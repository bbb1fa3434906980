/** One line of the table that the fault tests print. */
export interface Row {
  scenario: string;
  runs: number;
  violations: number;
}

const rows: Row[] = [];

/** Notes how a scenario went, for the table. */
export function note(row: Row): void {
  rows.push(row);
}

/** Prints the table of this file's scenarios past Jest's console, which would add a stack to every line. */
export function printTable(): void {
  const width = Math.max(...rows.map(({ scenario }) => scenario.length), 8);
  const line = (a: string, b: string, c: string) => `${a.padEnd(width)}  ${b.padStart(7)}  ${c.padStart(10)}\n`;
  const body = rows.map((row) => line(row.scenario, String(row.runs), String(row.violations)));
  process.stdout.write([line('scenario', 'runs', 'violations'), ...body].join(''));
}

/** How many random runs a scenario makes: `RUNS` in the environment, else the bounded size of `npm test`. */
export function runs(bounded: number): number {
  const asked = Number(process.env.RUNS);
  return Number.isInteger(asked) && asked > 0 ? asked : bounded;
}
