import { InvocationOutput, summaryOf } from '../../local/serverless/invocation-output.ts';

function streams(showsLog: boolean) {
  const shown = { out: '', err: '' };
  const streamTo = (name: 'out' | 'err') => ({
    write: (text: string | Uint8Array) => {
      shown[name] += String(text);
      return true;
    },
  });
  const [out, err] = [streamTo('out'), streamTo('err')];
  return { shown, out, err, output: new InvocationOutput({ out, err, showsLog }) };
}

/** A function that logs, answers, and logs once more when the queue is worked off. */
function invoke(showsLog: boolean, answer: unknown) {
  const { shown, out, err, output } = streams(showsLog);
  output.begin();
  out.write('{"level":"INFO","message":"a step"}\n');
  err.write('{"level":"WARN","message":"a warning"}\n');
  out.write(`${JSON.stringify(answer, null, 4)}\n`);
  output.answer();
  out.write('{"level":"INFO","message":"the worker"}\n');
  output.end();
  out.write('afterwards');
  return shown;
}

const PROBLEM = {
  statusCode: 400,
  headers: { 'Content-Type': 'application/problem+json' },
  body: JSON.stringify({ code: 'VALIDATION_FAILED', title: 'The request is not valid', errors: [{ field: 'name' }] }),
};

it('shows what happened and the answer, of which a problem can be read as well, and no log', () => {
  const { out, err } = invoke(false, PROBLEM);
  expect(err).toBe('400 VALIDATION_FAILED: The request is not valid\n');
  const answer = { ...PROBLEM, body: JSON.parse(PROBLEM.body) };
  expect(out).toBe(`${JSON.stringify(answer, null, 2)}\nafterwards`);
});

it('shows the log on request, where it is not in the way of the answer', () => {
  const { out, err } = invoke(true, PROBLEM);
  expect(err.split('\n').map((line) => line.slice(0, 40))).toEqual([
    '{"level":"INFO","message":"a step"}',
    '{"level":"WARN","message":"a warning"}',
    '400 VALIDATION_FAILED: The request is no',
    '{"level":"INFO","message":"the worker"}',
    '',
  ]);
  expect(JSON.parse(out.replace('afterwards', ''))).toMatchObject({ statusCode: 400 });
});

it('shows what is no JSON as it is', () => {
  const { shown, out, output } = streams(false);
  output.begin();
  out.write('undefined');
  output.answer();
  output.end();
  expect(shown).toEqual({ out: 'undefined', err: '' });
});

it.each([
  [
    {
      statusCode: 201,
      body: { orgId: 'globex', role: 'inbound', outcome: 'created', assistantId: 'x', durationMs: 97.6 },
    },
    '201 created globex/inbound x in 98 ms',
  ],
  [
    { statusCode: 200, body: { dryRun: true, orgId: 'globex', role: 'inbound', plan: 'update', assistantId: 'x' } },
    '200 plan: update globex/inbound x',
  ],
  [{ statusCode: 200, body: { orgId: 'globex', assistants: [1, 2] } }, '200 globex with 2 assistants'],
  [{ statusCode: 204 }, '204'],
  [{ batchItemFailures: [] }, 'Every message was performed.'],
  [{ batchItemFailures: [{ itemIdentifier: 'x' }] }, '1 of the messages failed, and would come back.'],
  [{ runId: 'x' }, 'The function has ended.'],
])('%j is said as %s', (answer, line) => {
  expect(summaryOf(answer)).toBe(line);
});
