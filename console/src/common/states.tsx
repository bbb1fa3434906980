import type { ComponentChildren } from 'preact';
import type { Asked } from './loaded.ts';
import { sentencesOf } from './problem.ts';

/** Shown while something is loading. */
export function Loading({ what }: { what: string }) {
  return (
    <div class="state" role="status">
      <span class="spinner" aria-hidden="true" />
      <p>Loading {what}…</p>
    </div>
  );
}

/** Shown when there is nothing; the children say what to do. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="state">
      <p class="state-title">{title}</p>
      <p class="muted">{children}</p>
    </div>
  );
}

/** Something went wrong. */
export function Failed({ what, error, retry }: { what: string; error: unknown; retry: () => void }) {
  return (
    <div class="state" role="alert">
      <p class="state-title">Could not load {what}.</p>
      <Sentences of={error} />
      <button type="button" class="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

/** What went wrong with an action. */
export function Refused({ error }: { error: unknown }) {
  return error === undefined ? null : (
    <div class="notice notice-bad" role="alert">
      <Sentences of={error} />
    </div>
  );
}

function Sentences({ of: error }: { of: unknown }) {
  return sentencesOf(error).map((sentence) => <p key={sentence}>{sentence}</p>);
}

/** Shows what was loaded, or why it was not. */
export function Show<Data>({ asked, what, children }: ShowProps<Data>) {
  const { loaded, reload } = asked;
  if (loaded.kind === 'loading') return <Loading what={what} />;
  if (loaded.kind === 'failed') return <Failed what={what} error={loaded.error} retry={reload} />;
  return (
    <>
      <Refused error={loaded.stale} />
      {children(loaded.data)}
    </>
  );
}

interface ShowProps<Data> {
  asked: Asked<Data>;
  what: string;
  children: (data: Data) => ComponentChildren;
}
