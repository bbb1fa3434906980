import type { Claim } from '../../../domain/mapping/claim.ts';
import { type MappingState, makesRevision, TRANSITIONS, type Transition } from '../../../domain/mapping/transitions.ts';

/** A DynamoDB condition with its placeholders; values are plain and still to be marshalled. */
interface Condition {
  expression: string;
  names: Record<string, string>;
  values: Record<string, unknown>;
}

/** The part of a write that its condition is made from. */
export interface ConditionedWrite {
  transition: Transition;
  /** Token of the writer's claim. */
  token: string;
  from: { revision: number; updatedAt: string; finalisedBy?: string; claim?: Claim } | undefined;
  /** The attribute with the id at Vapi, and its value as read. */
  named: { attribute: 'assistantId' | 'toolId'; value: string | undefined };
}

const NAMES = { '#claim': 'claim', '#token': 'token', '#unresolved': 'unresolvedAt' };

/** The condition for each state of a row. */
const IN_STATE: Readonly<Record<MappingState, string>> = {
  absent: 'attribute_not_exists(pk)',
  idle: 'attribute_exists(pk) AND attribute_not_exists(#claim.#token)',
  claimed: 'attribute_exists(#claim.#token) AND attribute_not_exists(#claim.#unresolved)',
  unresolved: 'attribute_exists(#claim.#unresolved)',
};

/** The condition of a write: the row is in a state that the transition starts from, and its guard holds. */
export function conditionOf(write: ConditionedWrite): Condition {
  const { from, guard } = TRANSITIONS[write.transition];
  const states = from.map((state) => IN_STATE[state]).join(' OR ');
  const guarded = guard === 'own-token' ? ownToken(write.token) : asRead(write);
  const expression = `(${states}) AND ${guarded.expression}`;
  return { expression, names: namesIn(expression), values: guarded.values };
}

/** DynamoDB refuses names that an expression does not use. */
function namesIn(expression: string): Record<string, string> {
  return Object.fromEntries(Object.entries(NAMES).filter(([placeholder]) => expression.includes(placeholder)));
}

type Guarded = Pick<Condition, 'expression' | 'values'>;

function ownToken(token: string): Guarded {
  return { expression: '#claim.#token = :own', values: { ':own': token } };
}

/**
 * The row is as it was read. The revision alone does not prove that: a finalised claim leaves it unchanged, and a row
 * that was removed and made again starts over. So the claims (the present one, and the last that was finalised) and the
 * id at Vapi are compared too.
 */
function asRead({ transition, from: row, named: { attribute, value } }: ConditionedWrite): Guarded {
  if (!row) return { expression: IN_STATE.absent, values: {} };
  const named = value ? `${attribute} = :named` : `attribute_not_exists(${attribute})`;
  const { finalisedBy } = row;
  const finalised = finalisedBy ? 'finalisedBy = :finalisedBy' : 'attribute_not_exists(finalisedBy)';
  const claimed = sameClaim(row.claim);
  // A new revision is made from everything that was read: nothing may have been noted in between.
  const isUntouched = makesRevision(transition);
  return {
    expression: `revision = :revision AND ${named} AND ${finalised} AND ${claimed.expression}${isUntouched ? ' AND updatedAt = :updatedAt' : ''}`,
    values: {
      ':revision': row.revision,
      ...(isUntouched ? { ':updatedAt': row.updatedAt } : {}),
      ...(value ? { ':named': value } : {}),
      ...(finalisedBy ? { ':finalisedBy': finalisedBy } : {}),
      ...claimed.values,
    },
  };
}

function sameClaim(claim: Claim | undefined): Guarded {
  if (!claim) return { expression: 'attribute_not_exists(#claim)', values: {} };
  const { token, unresolvedAt } = claim;
  const ended = unresolvedAt ? '#claim.#unresolved = :unresolved' : 'attribute_not_exists(#claim.#unresolved)';
  return {
    expression: `#claim.#token = :read AND ${ended}`,
    values: { ':read': token, ...(unresolvedAt ? { ':unresolved': unresolvedAt } : {}) },
  };
}
