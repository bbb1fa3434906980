import { type Journal, type JournalEntry, nameOf } from './journal.ts';
import type { Task, TaskQueue } from './task.ts';

/**
 * Sends a task that is made up for when it is lost: by the next call, by a schedule, by a drift run. Never throws; when
 * it is not certain that the task was sent, what `lost` says of it is recorded. True when it was sent.
 */
export async function sendOrRecord(
  { tasks, journal }: { tasks: TaskQueue; journal: Journal },
  task: Task,
  lost: (cause: string) => JournalEntry,
): Promise<boolean> {
  try {
    await tasks.send(task);
    return true;
  } catch (error) {
    journal.record(lost(nameOf(error)));
    return false;
  }
}
