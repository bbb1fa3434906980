import { healingOf } from '../../../client/healing.ts';
import type { DriftRun, Finding } from '../common/api-types.ts';
import { addressOf, StateChip } from '../common/parts.tsx';
import { Empty } from '../common/states.tsx';
import { countOf, numberOf } from '../common/text.ts';
import { groupsOf } from './findings.ts';

/** The number of findings that are shown of a group. */
const SHOWN = 100;

/** Findings in groups of one cause. */
export function FindingsList({ findings, mode }: { findings: readonly Finding[]; mode: DriftRun['mode'] }) {
  if (findings.length === 0)
    return <Empty title="Nothing was found.">Every assistant is as it was applied last.</Empty>;
  const groups = groupsOf(findings);
  return (
    <ul class="findings">
      {groups.map(({ class: name, cause, findings: found }) => (
        <li key={`${name} ${cause}`}>
          <details open={groups.length === 1}>
            <summary>
              <StateChip code={name} />
              <span>{cause}</span>
              <span class="count">{numberOf(found.length)}</span>
            </summary>
            <ul>
              {found.slice(0, SHOWN).map((finding) => (
                <FoundThing key={finding.id} finding={finding} mode={mode} />
              ))}
              {found.length > SHOWN && (
                <li class="finding muted">and {countOf(found.length - SHOWN, 'finding')} more</li>
              )}
            </ul>
          </details>
        </li>
      ))}
    </ul>
  );
}

function FoundThing({ finding, mode }: { finding: Finding; mode: DriftRun['mode'] }) {
  const { detail, changes = [], changed = 0, assistantId } = finding;
  const healing = healingOf(finding, mode);
  return (
    <li class="finding">
      <div class="finding-head">
        <Subject of={finding} />
        {assistantId && <span class="mono muted">{assistantId}</span>}
        {healing && <span>Healing: {healing}</span>}
      </div>
      {detail && <p>{detail}</p>}
      {changes.map(({ path, wanted, live, origin }) => (
        <div key={path}>
          <p class="muted">
            <code>{path}</code> {origin === 'edited-at-vapi' ? 'edited at Vapi' : 'never applied'}
          </p>
          <p class="mono">
            <del>{live ?? 'not there'}</del> <ins>{wanted}</ins>
          </p>
        </div>
      ))}
      {changed > changes.length && <p class="muted">and {countOf(changed - changes.length, 'field')} more</p>}
    </li>
  );
}

function Subject({ of: { orgId, role, scope } }: { of: Finding }) {
  if (!orgId) return <span>{scope}</span>;
  return role ? <a href={addressOf({ orgId, role })}>{`${orgId} ${role}`}</a> : <span>{orgId}</span>;
}
