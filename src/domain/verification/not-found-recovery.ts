import { expect } from './expectation.ts';
import { configurationFor, expectNoOther, live, mapped, platformAccount, type Scenario, sync } from './stage.ts';

const PURPOSE = 'deleted';

/** An assistant that is deleted at Vapi, behind the service's back, is made again by the next PUT, and mapped. */
export const notFoundRecovery: Scenario = {
  name: '404-recovery',
  purposes: [PURPOSE],
  show: async (stage) => {
    const account = platformAccount(stage);
    const before = await sync(stage, PURPOSE, configurationFor(stage));
    stage.details.deletedId = before.assistantId;
    const removed = await account.remove(before.assistantId);
    expect(
      removed.kind === 'removed',
      `Assistant ${before.assistantId} was not at Vapi when it was to be deleted there`,
    );
    const gone = await account.get(before.assistantId);
    expect(gone.kind === 'missing', `Vapi still shows assistant ${before.assistantId} after it was deleted there`);

    const after = await sync(stage, PURPOSE, configurationFor(stage));
    stage.details.recreatedId = after.assistantId;
    stage.details.outcome = after.outcome;
    expect(
      after.assistantId !== before.assistantId,
      `The 404 was not recovered: the PUT after the deletion was "${after.outcome}" with the deleted assistant ${before.assistantId}`,
    );
    expect(
      after.outcome === 'recreated' && after.wasDeleted,
      `The PUT after the deletion was "${after.outcome}" (wasDeleted ${after.wasDeleted}) instead of "recreated"`,
    );
    await live(account, after.assistantId, "the platform's account");
    await mapped(stage, PURPOSE, after.assistantId);
    await expectNoOther(stage, PURPOSE, after.assistantId);
    return `Deleted ${before.assistantId} at Vapi; the next PUT made ${after.assistantId} and mapped it`;
  },
};
