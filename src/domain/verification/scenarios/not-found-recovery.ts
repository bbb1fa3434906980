import type { Resource, VapiAccount } from '../../account/vapi-account.ts';
import { isJsonObject } from '../../json.ts';
import { expect } from '../expectations.ts';
import {
  configurationFor,
  expectNoOther,
  live,
  mapped,
  platformAccount,
  type Scenario,
  type Stage,
  type Synced,
  sync,
} from '../stage.ts';
import { throwAwayTool } from '../throw-away-tool.ts';
import { linkAwaited } from './link-awaited.ts';

const PURPOSE = 'deleted';
const WHERE = "the platform's account";

/**
 * An assistant that is deleted at Vapi, behind the service's back, is made again by the next PUT, tools and all, and
 * mapped.
 */
export const notFoundRecovery: Scenario = {
  name: '404-recovery',
  purposes: [PURPOSE],
  usesTool: true,
  show: async (stage) => {
    const account = platformAccount(stage);
    const body = { ...configurationFor(stage), tools: [throwAwayTool(stage.run)] };
    const before = await sync(stage, PURPOSE, body);
    const toolIds = await toolsLinked(stage, before, account);
    await deleteAtVapi(stage, account, before.assistantId);

    const after = await sync(stage, PURPOSE, body);
    Object.assign(stage.details, { recreatedId: after.assistantId, outcome: after.outcome });
    expectRecreated(after, before.assistantId);
    const assistant = await live(account, after.assistantId, WHERE);
    await mapped(stage, PURPOSE, after.assistantId);
    await expectNoOther(stage, PURPOSE, after.assistantId);
    expectTools(assistant, toolIds, 'was made again');
    return `Deleted ${before.assistantId} at Vapi; the next PUT made ${after.assistantId} with its tool and mapped it`;
  },
};

/** The tools of the first assistant, once they are registered and linked. Returns their ids. */
async function toolsLinked(stage: Stage, synced: Synced, account: VapiAccount): Promise<string[]> {
  const { tools } = await linkAwaited(stage, PURPOSE, synced);
  const toolIds = tools.linked.map(({ toolId }) => toolId);
  stage.details.toolIds = toolIds;
  expect(toolIds.length === 1, `The table has ${toolIds.length} linked tools for "${PURPOSE}" instead of one`);
  expectTools(await live(account, synced.assistantId, WHERE), toolIds, 'got its tools');
  return toolIds;
}

async function deleteAtVapi(stage: Stage, account: VapiAccount, assistantId: string): Promise<void> {
  stage.details.deletedId = assistantId;
  const removed = await account.assistants.remove(assistantId);
  expect(removed.kind === 'removed', `Assistant ${assistantId} was not at Vapi when it was to be deleted there`);
  const gone = await account.assistants.get(assistantId);
  expect(gone.kind === 'missing', `Vapi still shows assistant ${assistantId} after it was deleted there`);
}

function expectRecreated({ assistantId, outcome, wasDeleted }: Synced, deletedId: string): void {
  expect(
    assistantId !== deletedId,
    `The 404 was not recovered: the PUT after the deletion was "${outcome}" with the deleted assistant ${deletedId}`,
  );
  expect(
    outcome === 'recreated' && wasDeleted,
    `The PUT after the deletion was "${outcome}" (wasDeleted ${wasDeleted}) instead of "recreated"`,
  );
}

function expectTools({ id, config: { model } }: Resource, toolIds: readonly string[], when: string): void {
  const linked = isJsonObject(model) && Array.isArray(model.toolIds) ? model.toolIds : [];
  const missing = toolIds.filter((toolId) => !linked.includes(toolId));
  expect(missing.length === 0, `Assistant ${id} at Vapi lacks the tool ${missing.join(', ')} after it ${when}`);
}
