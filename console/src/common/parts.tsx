import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AssistantKey } from './api-types.ts';
import { dateOf, distanceOf, wordsOf } from './text.ts';

/** The meaning of a state. */
export type Tone = 'good' | 'bad' | 'warning' | 'busy' | 'plain';

/** A state as a word. Its colour says nothing that the word does not say. */
export function Chip({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`chip chip-${tone}`}>{children}</span>;
}

const TONES: Readonly<Record<string, Tone>> = {
  synced: 'good',
  completed: 'good',
  closed: 'good',
  applied: 'good',
  linked: 'good',
  current: 'good',
  unresolved: 'bad',
  interrupted: 'bad',
  missing: 'bad',
  failed: 'bad',
  unreadable: 'bad',
  unknown: 'bad',
  abandoned: 'bad',
  removed: 'bad',
  drifted: 'warning',
  pinned: 'warning',
  duplicate: 'warning',
  orphan: 'warning',
  paused: 'warning',
  foreign: 'warning',
  aborted: 'warning',
  'rolling-back': 'warning',
  'rolled-back': 'warning',
  changing: 'busy',
  pending: 'busy',
  planning: 'busy',
  running: 'busy',
  baking: 'busy',
  checking: 'busy',
  healing: 'busy',
  applying: 'busy',
};

/** A state by its code. */
export function StateChip({ code }: { code: string }) {
  return <Chip tone={TONES[code] ?? 'plain'}>{wordsOf(code)}</Chip>;
}

/** A time relative to now; the full time on hover. */
export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={dateOf(at)}>
      {distanceOf(at)}
    </time>
  );
}

/** The page of an assistant. */
export function AssistantLink({ orgId, role }: AssistantKey) {
  return <a href={addressOf({ orgId, role })}>{`${orgId} ${role}`}</a>;
}

/** The address of the page of an assistant. */
export function addressOf({ orgId, role }: AssistantKey): string {
  return `/console/assistants/${encodeURIComponent(orgId)}/${role}`;
}

/** Terms and their values; those without a value are left out. */
export function Facts({ of: facts, isWide = false }: FactsProps) {
  const known = facts.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return (
    <dl class={isWide ? 'facts facts-wide' : 'facts'}>
      {known.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface FactsProps {
  of: readonly (readonly [string, ComponentChildren])[];
  /** Side by side if there is room. */
  isWide?: boolean;
}

/** A part of a page below a heading. */
export function Panel({ title, actions, children }: PanelProps) {
  return (
    <section class="panel">
      <header class="panel-head">
        <h2>{title}</h2>
        {actions}
      </header>
      {children}
    </section>
  );
}

interface PanelProps {
  title: string;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** The heading of a page, and its actions. */
export function PageHead({ title, lead, children }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · vapi-sync`;
  }, [title]);
  return (
    <header class="page-head">
      <div>
        <h1>{title}</h1>
        {lead && <p class="muted">{lead}</p>}
      </div>
      {children && <div class="actions">{children}</div>}
    </header>
  );
}

interface PageHeadProps {
  title: string;
  lead?: ComponentChildren;
  children?: ComponentChildren;
}

/** A field whose text filters the rows. */
export function FilterField({ text, setText }: { text: string; setText: (text: string) => void }) {
  return (
    <input
      type="search"
      class="field"
      aria-label="Filter…"
      placeholder="Filter…"
      value={text}
      onInput={({ currentTarget }) => setText(currentTarget.value)}
    />
  );
}
