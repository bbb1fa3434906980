import { type DesiredTool, desireTools } from '../configuration/tool.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { VerificationRun } from './run.ts';

type RunId = Pick<VerificationRun, 'runId'>;

function nameOfTool({ runId }: RunId): string {
  return `verify_${runId}`;
}

/** A tool with a unique definition: tools with equal definitions are shared. */
export function throwAwayTool(run: RunId): JsonObject {
  return {
    type: 'function',
    function: {
      name: nameOfTool(run),
      description: 'Belongs to a verification of vapi-sync and is about to be removed.',
      parameters: { type: 'object', properties: {} },
    },
  };
}

/** The hashes under which the table keeps a run's tools. */
export function throwAwayToolHashes(run: RunId): string[] {
  return desireTools([throwAwayTool(run)]).map(({ hash }: DesiredTool) => hash);
}

/** True for a tool at Vapi that belongs to a run: tools have no metadata, but its name is unique. */
export function isThrowAwayTool(config: JsonObject, run: RunId): boolean {
  return isJsonObject(config.function) && config.function.name === nameOfTool(run);
}
