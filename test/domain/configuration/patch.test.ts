import type { DiffInput } from '../../../src/domain/configuration/diff.ts';
import { patchAssistant } from '../../../src/domain/configuration/patch.ts';
import type { JsonObject } from '../../../src/domain/json.ts';

interface Case {
  name: string;
  why: string;
  input: Partial<DiffInput> & Pick<DiffInput, 'wanted' | 'live'>;
  body: JsonObject;
}

const parsed = (text: string): JsonObject => JSON.parse(text);

function patch(input: Case['input']) {
  return patchAssistant({ lastApplied: [], alreadyApplied: false, ...input });
}

function check({ input, body }: Case): void {
  expect(patch(input).body).toEqual(body);
}

describe('no changes', () => {
  it('mean no body at all: an empty PATCH would still be a write', () => {
    expect(patch({ wanted: { name: 'x' }, live: { name: 'x', other: 1 } })).toEqual({ changes: [] });
  });
});

describe('Vapi replaces every top-level field that is sent, so each is sent whole', () => {
  const live = {
    name: 'x',
    firstMessage: 'Hi',
    model: {
      provider: 'openai',
      model: 'gpt-4o',
      messages: [{ role: 'system', content: 'old' }],
      toolIds: ['t1', 't2'],
      temperature: 0.7,
    },
    voice: { provider: 'azure', voiceId: 'emma', speed: 1 },
    metadata: { managedBy: 'vapi-sync', claimToken: 'c1', theirs: true },
    serverMessages: ['hang'],
  };
  const cases: Case[] = [
    {
      name: 'a new prompt',
      why: 'without toolIds in the body Vapi would drop the tools',
      input: {
        live,
        wanted: {
          name: 'x',
          model: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content: 'new' }] },
        },
      },
      body: { model: { ...live.model, messages: [{ role: 'system', content: 'new' }] } },
    },
    {
      name: 'another model',
      why: 'an undeclared prompt stays',
      input: { live, wanted: { model: { provider: 'openai', model: 'gpt-5' } } },
      body: { model: { ...live.model, model: 'gpt-5' } },
    },
    {
      name: 'tools declared anew',
      why: 'a declared list replaces the live one',
      input: { live, wanted: { model: { provider: 'openai', model: 'gpt-4o', toolIds: ['t3'] } } },
      body: { model: { ...live.model, toolIds: ['t3'] } },
    },
    {
      name: 'two fields changed of five',
      why: 'only those two are sent',
      input: { live, wanted: { name: 'y', firstMessage: 'Hello', voice: { provider: 'azure', voiceId: 'emma' } } },
      body: { name: 'y', firstMessage: 'Hello' },
    },
    {
      name: 'metadata of ours',
      why: 'the claim token and what others wrote are kept',
      input: { live, wanted: { metadata: { managedBy: 'vapi-sync', tier: 'gold' } } },
      body: { metadata: { managedBy: 'vapi-sync', claimToken: 'c1', theirs: true, tier: 'gold' } },
    },
    {
      name: 'objects deeper down',
      why: 'they are part of the whole that is replaced',
      input: {
        live: { plan: { a: { x: 1, y: 2 }, b: { z: 3 } } },
        wanted: { plan: { a: { x: 9 } } },
      },
      body: { plan: { a: { x: 9, y: 2 }, b: { z: 3 } } },
    },
    {
      name: 'an object that was not there',
      why: 'there is nothing to keep',
      input: { live: {}, wanted: { server: { url: 'u' } } },
      body: { server: { url: 'u' } },
    },
    {
      name: 'an object where there was text',
      why: 'there is nothing to keep',
      input: { live: { voice: 'jennifer' }, wanted: { voice: { provider: 'azure' } } },
      body: { voice: { provider: 'azure' } },
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('clearing', () => {
  const cases: Case[] = [
    {
      name: 'null at the top',
      why: 'null is how Vapi clears a field',
      input: { wanted: { firstMessage: null }, live: { firstMessage: 'Hi' } },
      body: { firstMessage: null },
    },
    {
      name: 'null nested',
      why: 'it reaches Vapi as null, beside what is kept',
      input: { wanted: { server: { headers: null } }, live: { server: { headers: {}, url: 'u' } } },
      body: { server: { headers: null, url: 'u' } },
    },
    {
      name: 'a field no longer declared',
      why: 'leaving it out of a PATCH would keep it',
      input: { lastApplied: [{ firstMessage: 'Hi' }], wanted: {}, live: { firstMessage: 'Hi' } },
      body: { firstMessage: null },
    },
    {
      name: 'a nested field no longer declared',
      why: 'leaving it out of the whole object clears it',
      input: {
        lastApplied: [{ model: { provider: 'openai', temperature: 1 } }],
        wanted: { model: { provider: 'openai' } },
        live: { model: { provider: 'openai', temperature: 1, toolIds: ['t'] } },
      },
      body: { model: { provider: 'openai', toolIds: ['t'] } },
    },
    {
      name: 'a field that any earlier configuration declared',
      why: 'each may be the one that is live',
      input: {
        lastApplied: [{ m: { a: 1 } }, { m: { b: 1 } }],
        wanted: { m: { c: 1 } },
        live: { m: { a: 1, b: 1, c: 1, d: 1 } },
      },
      body: { m: { c: 1, d: 1 } },
    },
    {
      name: 'a field of an item in a list',
      why: 'the list is sent as it is wanted',
      input: { lastApplied: [{ l: [{ a: 1, b: 1 }] }], wanted: { l: [{ a: 1 }] }, live: { l: [{ a: 1, b: 1 }] } },
      body: { l: [{ a: 1 }] },
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('another provider', () => {
  const cases: Case[] = [
    {
      name: 'of the model',
      why: 'prompt and tools mean the same everywhere, maxTokens and the like may be refused',
      input: {
        live: {
          model: {
            provider: 'openai',
            model: 'gpt-4o',
            messages: [{ role: 'system', content: 'a' }],
            toolIds: ['t'],
            toolRefs: [{ toolId: 't' }],
            tools: [{ type: 'endCall' }],
            knowledgeBase: { provider: 'x' },
            temperature: 0.5,
            emotionRecognitionEnabled: true,
            numFastTurns: 1,
            maxTokens: 250,
            promptCacheKey: 'k',
          },
        },
        wanted: { model: { provider: 'anthropic', model: 'claude' } },
      },
      body: {
        model: {
          provider: 'anthropic',
          model: 'claude',
          messages: [{ role: 'system', content: 'a' }],
          toolIds: ['t'],
          toolRefs: [{ toolId: 't' }],
          tools: [{ type: 'endCall' }],
          knowledgeBase: { provider: 'x' },
          temperature: 0.5,
          emotionRecognitionEnabled: true,
          numFastTurns: 1,
        },
      },
    },
    {
      name: 'of the voice',
      why: 'stability is unknown to azure, chunking is not',
      input: {
        live: {
          voice: { provider: '11labs', voiceId: 'x', stability: 1, chunkPlan: { enabled: true }, cachingEnabled: true },
        },
        wanted: { voice: { provider: 'azure', voiceId: 'emma' } },
      },
      body: { voice: { provider: 'azure', voiceId: 'emma', chunkPlan: { enabled: true }, cachingEnabled: true } },
    },
    {
      name: 'of the transcriber',
      why: 'transcribers share nothing',
      input: {
        live: { transcriber: { provider: 'deepgram', model: 'nova-3', keyterm: ['x'] } },
        wanted: { transcriber: { provider: 'gladia' } },
      },
      body: { transcriber: { provider: 'gladia' } },
    },
    {
      name: 'the same provider',
      why: 'all that is undeclared stays',
      input: {
        live: { voice: { provider: '11labs', voiceId: 'x', stability: 1 } },
        wanted: { voice: { provider: '11labs', voiceId: 'y' } },
      },
      body: { voice: { provider: '11labs', voiceId: 'y', stability: 1 } },
    },
    {
      name: 'a field named provider elsewhere',
      why: 'only model, voice and transcriber have fields by provider',
      input: {
        live: { metadata: { provider: 'a', kept: 1 } },
        wanted: { metadata: { provider: 'b' } },
      },
      body: { metadata: { provider: 'b', kept: 1 } },
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('names from the prototype', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is carried like any other key', (name) => {
    const live = parsed(`{"metadata": {"${name}": {"polluted": 1}, "a": 1}}`);
    const { body } = patch({ wanted: { metadata: { a: 2 } }, live });
    expect(JSON.stringify(body)).toBe(`{"metadata":{"${name}":{"polluted":1},"a":2}}`);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it.each(['__proto__', 'constructor'])('%s as a top-level field changes nothing but itself', (name) => {
    const { body } = patch({ wanted: parsed(`{"${name}": {"polluted": 1}}`), live: {} });
    expect(JSON.stringify(body)).toBe(`{"${name}":{"polluted":1}}`);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
