import { isJsonObject, type JsonObject } from '../../json.ts';
import { expect, expectAll } from '../expectations.ts';
import { expectOneOperation, expectSteps } from '../recorded-steps.ts';
import type { ServiceAnswer } from '../service.ts';
import { configurationFor, expectNothing, promptOf, put, refusalOf, type Scenario, type Stage } from '../stage.ts';

const CREATE_STEPS = [
  'OPERATION_STARTED',
  'VOICE_NORMALISED',
  'CREDENTIALS_RESOLVED',
  'PLAN_MADE',
  'CLAIM_TAKEN',
  'ASSISTANT_CREATED',
  'MAPPING_FINALISED',
  'OPERATION_COMPLETED',
];

/**
 * Errors say what is wrong, and nothing says too much: a bad field is named, a refusal of Vapi is passed on, the log
 * has each step under one operation id, and neither log nor answer holds a key or a prompt.
 */
export const loggingAndErrors: Scenario = {
  name: 'logging-and-errors',
  purposes: ['logged', 'invalid', 'refused'],
  show: async (stage) => {
    await expectAll([showCreate(stage), showInvalid(stage), showRefused(stage)]);
    return 'A bad field is named, a refusal of Vapi is passed on, and the log has every step under one operation id and no key';
  },
};

async function showCreate(stage: Stage): Promise<void> {
  const answer = await put(stage, 'logged', configurationFor(stage));
  expectNoLeak(stage, answer);
  expect(answer.status === 201, `PUT for "logged" ${refusalOf(answer)}`);
  expectSteps(answer.log, CREATE_STEPS);
  stage.details.logged = { operationId: operationIdOf(answer), lines: answer.log.length };
}

/** Refused by our own rules: Vapi must not even be asked. */
async function showInvalid(stage: Stage): Promise<void> {
  const answer = await put(stage, 'invalid', configurationFor(stage, { maxDurationSeconds: 5 }));
  expectNoLeak(stage, answer);
  expectProblem(answer, { status: 400, code: 'VALIDATION_FAILED', what: 'A duration that is too short' });
  const fields = fieldsOf(answer.body);
  stage.details.invalid = { operationId: operationIdOf(answer), fields };
  expect(
    fields.includes('maxDurationSeconds'),
    `The refusal of a bad maxDurationSeconds names ${fields.join(', ') || 'no field'}`,
  );
  expectSteps(answer.log, ['OPERATION_STARTED', 'OPERATION_REFUSED']);
  await expectNothing(stage, 'invalid');
}

/** Refused by a rule that only Vapi knows. */
async function showRefused(stage: Stage): Promise<void> {
  const answer = await put(stage, 'refused', configurationFor(stage, { firstMessageMode: 'no-such-mode' }));
  expectNoLeak(stage, answer);
  expectProblem(answer, { status: 422, code: 'VAPI_REJECTED', what: 'A mode that Vapi does not have' });
  const detail = String(answer.body.detail);
  stage.details.refused = { operationId: operationIdOf(answer), detail };
  expect(detail.includes('firstMessageMode'), `Vapi's refusal of a bad firstMessageMode was passed on as "${detail}"`);
  expectSteps(answer.log, ['OPERATION_STARTED', 'PLAN_MADE', 'CLAIM_TAKEN', 'OPERATION_REFUSED']);
  await expectNothing(stage, 'refused');
}

function expectProblem(answer: ServiceAnswer, wanted: { status: number; code: string; what: string }): void {
  const { status, body, headers } = answer;
  expect(
    status === wanted.status && body.code === wanted.code,
    `${wanted.what} ${refusalOf(answer)} instead of ${wanted.status} ${wanted.code}`,
  );
  expect(
    headers['content-type'] === 'application/problem+json',
    `${wanted.what} was refused with a body of type ${headers['content-type'] ?? 'none'}`,
  );
}

/** Called first: the messages of later failures quote the answer. */
function expectNoLeak(stage: Stage, answer: ServiceAnswer): void {
  const { platform, own } = stage.keys;
  const operationId = operationIdOf(answer);
  const places = { answer: JSON.stringify([answer.headers, answer.body]), log: answer.log.join('\n') };
  for (const [place, text] of Object.entries(places)) {
    const leaks = [platform, ...(own ? [own] : [])].some((key) => key.occursIn(text));
    expect(!leaks, `A Vapi key stands in the ${place} of operation ${operationId}: rotate it`);
    expect(!text.includes(promptOf(stage.run)), `A prompt stands in the ${place} of operation ${operationId}`);
  }
  expectOneOperation(answer.log, operationId);
}

/** The operation id of an answer; `put` has checked that it is the right one. */
function operationIdOf({ headers }: ServiceAnswer): string {
  return headers['x-operation-id'] ?? '';
}

function fieldsOf({ errors }: JsonObject): string[] {
  const items = Array.isArray(errors) ? errors.filter(isJsonObject) : [];
  return items.flatMap(({ field }) => (typeof field === 'string' ? [field] : []));
}
