/** One cold start: loads the bundle that is named, answers one event, and tells what both took. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { benchContext } from './context.ts';

async function start(file: string, share: string, eventText: string | undefined): Promise<object> {
  const load = createRequire(file);
  const cpu = process.cpuUsage();
  const started = performance.now();
  const { handler } = load(file);
  const initMs = performance.now() - started;
  const init = process.cpuUsage(cpu);
  // Lambda gives a whole processor for the init, and a part of one for the call.
  if (share) writeFileSync(share, String(process.pid));
  const answer = eventText === undefined ? undefined : await handler(JSON.parse(eventText), benchContext());
  // `performance.now()` counts from the start of the process.
  const firstAnswerMs = performance.now();
  const whole = process.cpuUsage();
  const statusCode: unknown = answer?.statusCode ?? null;
  return { initMs, initCpuMs: cpuMs(init), firstAnswerMs, cpuMs: cpuMs(whole), statusCode };
}

function cpuMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

const [file = '', share = '', event] = process.argv.slice(2);
start(file, share, event).then(
  (message) => process.send?.(message, () => process.exit(0)),
  (error: unknown) => process.send?.({ failure: String(error) }, () => process.exit(1)),
);
