import { stringify } from 'yaml';

/**
 * A configuration as text to read and to compare: YAML, whose blocks show the lines of a prompt as lines. Fields are in
 * the order of their names.
 */
export function textOf(configuration: unknown): string {
  return stringify(configuration, { lineWidth: 0, blockQuote: 'literal', sortMapEntries: true }).trimEnd();
}
