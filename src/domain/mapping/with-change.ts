import type { AssistantMapping, MappingChange } from './assistant-mapping.ts';

/** A mapping with a change made in it, as a store makes it. */
export function withChange(mapping: AssistantMapping, change: MappingChange): AssistantMapping {
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
