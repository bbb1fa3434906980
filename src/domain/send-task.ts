import { type Journal, type JournalEntry, nameOf } from './journal.ts';
import type { Task, TaskQueue } from './task.ts';

/**
 * Sends a task whose loss is repaired later: by the next call, a schedule or a drift run. Never throws. When it is not
 * certain that the task was sent, records the entry that `lost` makes. Returns true when the task was sent.
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
