import type { JournalEntry } from '../domain/journal.ts';

export interface JournalText {
  level: 'info' | 'warn' | 'error';
  /** The sentence for people, with the emoji of its step. */
  text: string;
}

/** What each step looks like in the log. */
export const JOURNAL_TEXTS: Readonly<Record<JournalEntry['code'], JournalText>> = {
  OPERATION_STARTED: { level: 'info', text: '🚀 Operation started' },
  VOICE_NORMALISED: { level: 'info', text: '🎙️ Voice decided' },
  CREDENTIALS_FELL_THROUGH: { level: 'warn', text: '🔑 No such secret: falling through to the next level' },
  CREDENTIALS_RESOLVED: { level: 'info', text: '🔑 Credentials resolved' },
  CREDENTIALS_REFRESHED: { level: 'info', text: '🔑 Remembered credentials dropped, reading them anew' },
  PLAN_MADE: { level: 'info', text: '🧭 Plan made' },
  CLAIM_TAKEN: { level: 'info', text: '🔒 Claim taken' },
  CLAIM_AWAITED: { level: 'info', text: '⏳ Waiting for another operation on the same assistant' },
  CLAIM_LOST: { level: 'warn', text: '🔓 Claim lost to another operation, starting over' },
  ASSISTANT_CREATED: { level: 'info', text: '✨ Assistant created' },
  ASSISTANT_ADOPTED: { level: 'info', text: '🤝 Existing assistant adopted' },
  ASSISTANT_UPDATED: { level: 'info', text: '📝 Assistant updated' },
  ASSISTANT_NOT_CONVERGED: { level: 'warn', text: '🌀 Vapi accepted the update but shows other values' },
  ASSISTANT_REMOVED: { level: 'info', text: '🗑️ Assistant removed at Vapi' },
  KNOWN_ASSISTANT_MISSING: { level: 'warn', text: '👻 The assistant that the organisation names does not exist' },
  KNOWN_ASSISTANT_FOREIGN: { level: 'warn', text: '🚫 The assistant that the organisation names belongs to another' },
  OLD_ASSISTANT_UNREACHABLE: { level: 'warn', text: '🏚️ An old assistant is in an account whose key is gone' },
  OLD_ASSISTANT_KEPT: { level: 'warn', text: '🧹 An old assistant could not be removed yet' },
  RETIREES_FOUND: { level: 'warn', text: '🧹 Assistants to be removed' },
  CREATE_OUTCOME_UNKNOWN: { level: 'warn', text: '❓ The reply to the creation was lost' },
  CREATE_LOOKED_UP: { level: 'info', text: '🔍 Looked for assistants of ours' },
  CREATE_LEFT_UNRESOLVED: { level: 'error', text: '❓ Left unresolved: the assistant may still turn up' },
  UNRESOLVED_CREATE_SEEN: { level: 'warn', text: '❓ A creation is still unresolved' },
  MAPPING_FINALISED: { level: 'info', text: '💾 Mapping recorded' },
  MAPPING_REMOVED: { level: 'info', text: '💾 Mapping removed' },
  CONFIGURATION_MISSING: { level: 'error', text: '💾 The applied configuration is not in the table' },
  TOOL_REGISTERED: { level: 'info', text: '🔧 Tool registered' },
  TOOL_REFUSED: { level: 'error', text: '🔧 Vapi refused the definition of a tool' },
  TOOL_GONE: { level: 'warn', text: '🔧 A tool was deleted at Vapi, it is registered anew' },
  TOOL_OUTCOME_UNKNOWN: { level: 'warn', text: '❓ The reply to the registration of a tool was lost' },
  TOOL_LOOKED_UP: { level: 'info', text: '🔍 Looked for a tool of ours' },
  PHONE_NUMBER_LINKED: { level: 'info', text: '☎️ Phone number points to the assistant' },
  PHONE_NUMBER_RELEASED: { level: 'info', text: '☎️ Phone number taken off the assistant' },
  PHONE_NUMBER_FOREIGN: { level: 'error', text: '☎️ The phone number serves something else and is left alone' },
  PHONE_NUMBER_MISSING: { level: 'error', text: '☎️ The account has no such phone number' },
  FOLLOW_UP_SENT: { level: 'info', text: '📨 Tools and phone number left to the worker' },
  FOLLOW_UP_NOT_SENT: {
    level: 'error',
    text: '📨 The task for the worker could not be sent; the next sync sends it again',
  },
  TASK_POSTPONED: { level: 'warn', text: '⏳ Not now: the task comes back later' },
  HISTORY_PRUNED: { level: 'info', text: '📚 Old configurations removed from the history' },
  HISTORY_NOT_KEPT: { level: 'warn', text: '📚 The history could not be kept up to date' },
  RELEASE_FAILED: { level: 'warn', text: '🔒 The claim could not be given back and will expire' },
  SCENARIO_PASSED: { level: 'info', text: '🟢 Scenario passed' },
  SCENARIO_FAILED: { level: 'error', text: '🔴 Scenario failed' },
  LEFTOVERS_REMOVED: { level: 'warn', text: '🧹 Removed what an earlier verification had left' },
  LEFTOVERS_KEPT: { level: 'warn', text: '🧹 A verification has left something that could not be removed yet' },
  OPERATION_COMPLETED: { level: 'info', text: '✅ Operation completed' },
  OPERATION_REFUSED: { level: 'warn', text: '⛔ Operation ended with a problem' },
};
