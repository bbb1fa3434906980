import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../local/stack/json.ts';
import { LOCAL_ACCOUNTS, type VapiStandIn } from '../../local/vapi/stand-in.ts';
import { httpEvent } from '../bench/events.ts';
import type { Caller } from './caller.ts';
import type { Environment } from './environment.ts';
import { type Answer, KEYS, type Key, parseAnswer } from './operations.ts';

interface Looked {
  callers: readonly Caller[];
  vapi: VapiStandIn;
  status: Environment;
  /** An assistant of somebody else. */
  foreign: JsonObject;
}

/** How long tools may take to be registered once nothing fails any more. */
const TOOLS_MS = 180_000;
/** Longer than a request of unknown outcome is looked out for. */
const SETTLED_MS = 120_000;

/**
 * What is wrong once faults have ended; each caller asks once more before, and those of one assistant one after the
 * other.
 */
export async function brokenInvariants({ callers, vapi, status, foreign }: Looked): Promise<string[]> {
  const found = await Promise.all(KEYS.map((key) => brokenOf(key, { callers, vapi, status, foreign })));
  const accounts = Object.values(LOCAL_ACCOUNTS);
  const mapped = KEYS.flatMap((key) => oursOf(vapi, key)).length;
  const all = accounts.flatMap((account) => vapi.assistants(account)).filter(isManaged).length;
  return [
    ...found.flat(),
    ...(mapped === all ? [] : [`${all} assistants are ours, ${mapped} of them of those that were asked for`]),
    ...accounts.flatMap((account) => toolsMadeTwice(vapi, account)),
    ...(isUntouched(vapi, foreign) ? [] : ['the assistant of somebody else was touched']),
  ];
}

async function brokenOf(key: Key, { callers, vapi, status }: Looked): Promise<string[]> {
  const name = `${key.orgId}/${key.role}`;
  let last: { caller: Caller; answer: Answer } | undefined;
  for (const caller of callers.filter((one) => one.key === key)) {
    const answer = await caller.askOnceMore();
    if (!answer) return [`${name}: ${caller.last?.kind} is never done`];
    if (answer.status < 300) last = { caller, answer };
  }
  if (!last) return [];
  const left = oursOf(vapi, key);
  if (last.caller.last?.kind === 'delete')
    return left.length === 0 ? [] : [`${name}: ${left.length} left after a DELETE`];
  const [only, ...others] = left;
  if (!only || others.length > 0) return [`${name}: there are ${left.length} assistants`];
  if (only.id !== last.answer.body.assistantId)
    return [`${name}: Vapi has ${only.id}, not ${last.answer.body.assistantId}`];
  return await notLinked(name, { key, status, answer: last.answer, caller: last.caller });
}

/** Its tools are linked, and asking again changes nothing. */
async function notLinked(
  name: string,
  { key, status, answer, caller }: { key: Key; status: Environment; answer: Answer; caller: Caller },
): Promise<string[]> {
  const ends = Date.now() + TOOLS_MS;
  let shown = await statusOf(status, key);
  while (shown?.body.tools?.status === 'pending' && Date.now() < ends) {
    // The message may be with a worker that was killed: the next call sends another one.
    await caller.askOnceMore();
    await sleep(5_000);
    shown = await statusOf(status, key);
  }
  if (shown?.body.tools?.status === 'pending') return [`${name}: its tools are never linked`];
  if (shown?.body.specHash !== answer.body.specHash) return [`${name}: the row has ${shown?.body.specHash}`];
  return await notStable(name, caller);
}

/** A PATCH of unknown outcome may still arrive: until then a call looks after it, and says that it did. */
async function notStable(name: string, caller: Caller): Promise<string[]> {
  const ends = Date.now() + SETTLED_MS;
  let outcome: string | undefined;
  while (Date.now() < ends) {
    outcome = (await caller.askOnceMore())?.body.outcome;
    if (outcome === 'unchanged') return [];
    await sleep(5_000);
  }
  return [`${name}: asked again, it is ${outcome}`];
}

async function statusOf(status: Environment, { orgId, role }: Key): Promise<Answer | undefined> {
  const invoked = await status.invoke(httpEvent({ method: 'GET', orgId, role }));
  return invoked.kind === 'answered' ? parseAnswer(invoked.answer) : undefined;
}

function oursOf(vapi: VapiStandIn, { orgId, role }: Key): JsonObject[] {
  const all = Object.values(LOCAL_ACCOUNTS).flatMap((account) => vapi.assistants(account));
  return all.filter(({ metadata }) => isJsonObject(metadata) && metadata.orgId === orgId && metadata.role === role);
}

function isManaged({ metadata }: JsonObject): boolean {
  return isJsonObject(metadata) && metadata.managedBy === 'vapi-sync';
}

function toolsMadeTwice(vapi: VapiStandIn, account: string): string[] {
  const names = vapi.resources(account, 'tool').map((tool) => (isJsonObject(tool.function) ? tool.function.name : ''));
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `tool ${String(name)} was made twice`);
}

function isUntouched(vapi: VapiStandIn, foreign: JsonObject): boolean {
  const all = Object.values(LOCAL_ACCOUNTS).flatMap((account) => vapi.assistants(account));
  return JSON.stringify(all.find(({ id }) => id === foreign.id)) === JSON.stringify(foreign);
}
