/** One cold start: loads the bundle that is named, answers one event, and tells what both took. */
import { createRequire } from 'node:module';
import { benchContext } from './context.ts';

async function start(file: string, eventText: string | undefined): Promise<object> {
  const load = createRequire(file);
  const cpu = process.cpuUsage();
  const started = performance.now();
  const { handler } = load(file);
  const initMs = performance.now() - started;
  const init = process.cpuUsage(cpu);
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

const [file = '', event] = process.argv.slice(2);
start(file, event).then(
  (message) => process.send?.(message, () => process.exit(0)),
  (error: unknown) => process.send?.({ failure: String(error) }, () => process.exit(1)),
);
