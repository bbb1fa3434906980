import { type AssistantMapping, NO_TOOLS } from './assistant-mapping.ts';
import type { MappingChange, MappingWrite } from './stores.ts';
import { makesRevision, TRANSITIONS } from './transitions.ts';

/** The mapping after a successful write; undefined when the write removed it. */
export function mappingAfter({ key, transition, token, from, change, at }: MappingWrite): AssistantMapping | undefined {
  if (TRANSITIONS[transition].to === 'absent') return undefined;
  const before = from ?? {
    ...key,
    revision: 0,
    attempted: [],
    tools: NO_TOOLS,
    formerNumbers: [],
    retiring: [],
    createdAt: at,
  };
  const mapping = withChange({ ...before, updatedAt: at }, change);
  if (makesRevision(transition)) mapping.revision += 1;
  if (transition === 'rebind') mapping.finalisedBy = token;
  return mapping;
}

function withChange(mapping: AssistantMapping, change: MappingChange): AssistantMapping {
  const { claim, specShape, phoneNumber, drift, template, ...fields } = change;
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const changed = { ...mapping, ...given };
  replace(changed, 'claim', claim);
  replace(changed, 'specShape', specShape);
  replace(changed, 'phoneNumber', phoneNumber);
  replace(changed, 'drift', drift);
  replace(changed, 'template', template);
  return changed;
}

function replace<Name extends 'claim' | 'specShape' | 'phoneNumber' | 'drift' | 'template'>(
  mapping: Pick<AssistantMapping, Name>,
  name: Name,
  value: AssistantMapping[Name] | null,
): void {
  if (value === null) delete mapping[name];
  else if (value !== undefined) mapping[name] = value;
}
