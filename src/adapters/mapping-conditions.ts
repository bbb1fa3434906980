import type { MappingWrite } from '../domain/assistant-mapping.ts';
import { TRANSITIONS } from '../domain/mapping-transitions.ts';

/** A DynamoDB condition with its placeholders; values are plain and still to be marshalled. */
export interface Condition {
  expression: string;
  names: Record<string, string>;
  values: Record<string, unknown>;
}

/** Turns the guard of a transition into the condition expression of its write. */
export function conditionOf(write: MappingWrite): Condition {
  switch (TRANSITIONS[write.transition].guard) {
    case 'own-token':
      return { expression: '#claim.#token = :own', names: CLAIM_NAMES, values: { ':own': write.token } };
    case 'as-read':
      return write.from ? asRead(write.from) : { expression: 'attribute_not_exists(pk)', names: {}, values: {} };
  }
}

const CLAIM_NAMES = { '#claim': 'claim', '#token': 'token' };

/**
 * The row is as it was read. The revision alone would not do: a finalised claim leaves it as it is, and a row that was
 * removed and made again starts over, so the claim and the assistant are compared too.
 */
function asRead({ revision, claim, assistantId }: NonNullable<MappingWrite['from']>): Condition {
  const claimed = claim ? '#claim.#token = :read' : 'attribute_not_exists(#claim)';
  const mapped = assistantId ? 'assistantId = :assistantId' : 'attribute_not_exists(assistantId)';
  return {
    expression: `revision = :revision AND ${claimed} AND ${mapped}`,
    names: claim ? CLAIM_NAMES : { '#claim': 'claim' },
    values: {
      ':revision': revision,
      ...(claim ? { ':read': claim.token } : {}),
      ...(assistantId ? { ':assistantId': assistantId } : {}),
    },
  };
}
