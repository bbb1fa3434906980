import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { type Configuration, isConfiguration, type Role } from '../arguments.ts';
import { CliError } from '../exit.ts';
import type { Mistake } from './mistakes.ts';
import { readSource, type Source } from './source.ts';

/** An assistant that a directory asks for. */
export interface WantedAssistant {
  orgId: string;
  role: Role;
  body: Configuration;
  source: Source;
}

/** A directory as it was read. With mistakes nothing of it is applied. */
export interface Directory {
  path: string;
  /** The organisations that have a file, also one without assistants. */
  orgIds: readonly string[];
  assistants: readonly WantedAssistant[];
  mistakes: Mistake[];
}

const ORG_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const ROLES = ['inbound', 'outbound'] as const;

const organisation = z.strictObject({
  assistants: z.partialRecord(
    z.enum(ROLES),
    z.custom<Configuration>(isConfiguration, 'must be a configuration, as PUT takes it'),
  ),
});

/** Reads `orgs/*.yaml` of a directory, with all mistakes in it. Throws a `CliError` when there is no such directory. */
export function readDirectory(path: string): Directory {
  const folder = join(path, 'orgs');
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new CliError(`There is no folder ${folder}. Begin with: npx vapi-sync export ${path}`);
  }
  const mistakes: Mistake[] = [];
  const orgIds: string[] = [];
  const assistants: WantedAssistant[] = [];
  for (const name of readdirSync(folder).toSorted()) {
    const file = join(folder, name);
    const orgId = basename(name, extname(name));
    const wrong = nameMistake(file, orgId);
    if (wrong) mistakes.push(wrong);
    const source = wrong ? undefined : readSource(file, mistakes);
    if (!source) continue;
    orgIds.push(orgId);
    assistants.push(...assistantsIn(source, orgId, mistakes));
  }
  return { path, orgIds, assistants, mistakes };
}

function nameMistake(file: string, orgId: string): Mistake | undefined {
  if (!/\.ya?ml$/.test(file)) return { file, text: 'is no organisation: name it <orgId>.yaml' };
  return ORG_ID.test(orgId) ? undefined : { file, text: `"${orgId}" is no id of an organisation` };
}

function assistantsIn(source: Source, orgId: string, mistakes: Mistake[]): WantedAssistant[] {
  const parsed = organisation.safeParse(source.content ?? { assistants: {} });
  if (parsed.success) {
    return Object.entries(parsed.data.assistants).flatMap(([role, body]) =>
      ROLES.filter((known) => known === role && body).map((known) => ({
        orgId,
        role: known,
        body: body ?? {},
        source,
      })),
    );
  }
  for (const { path, message } of parsed.error.issues) {
    const names = path.filter((name): name is string | number => typeof name !== 'symbol');
    const field = names.join('.');
    mistakes.push({ file: source.file, line: source.lineAt(names), ...(field && { field }), text: message });
  }
  return [];
}
