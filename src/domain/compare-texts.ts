/** Orders texts by their code units, for `toSorted`: the same everywhere, whatever the language of the machine. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
