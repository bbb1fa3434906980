import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

interface Question<About> {
  about: About;
  /** The key of its dialog. */
  id: number;
}

/**
 * The present question, if any. Each question has a dialog of its own: one that is still closing must not close the
 * next one, which a quick user has opened meanwhile.
 */
export function useQuestion<About>() {
  const [asked, setAsked] = useState<Question<About>>();
  const count = useRef(0);
  const ask = (about: About) => {
    count.current += 1;
    setAsked({ about, id: count.current });
  };
  return { asked, ask, end: () => setAsked((now) => (now?.id === asked?.id ? undefined : now)) };
}

interface DialogProps {
  title: string;
  /** The text of the button that does it. */
  confirm: string;
  isReady?: boolean;
  isBusy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

/**
 * A question before something is done. It is the browser's own modal dialog: it keeps the focus, Escape closes it, and
 * the focus goes back to where it was.
 */
export function Dialog({ title, confirm, isReady = true, isBusy = false, onConfirm, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const heading = useId();
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
    // Pressing Enter too soon changes nothing.
    cancel.current?.focus();
  }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={heading} onClose={onClose}>
      <h2 id={heading}>{title}</h2>
      <div class="dialog-body">{children}</div>
      <div class="dialog-actions">
        <button ref={cancel} type="button" class="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button type="button" class="button button-strong" disabled={!isReady || isBusy} onClick={onConfirm}>
          {confirm}
        </button>
      </div>
    </dialog>
  );
}
