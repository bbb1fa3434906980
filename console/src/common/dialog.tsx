import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface DialogProps {
  title: string;
  /** The button that does it. */
  confirm: string;
  isReady?: boolean;
  isBusy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

/**
 * A question before something is done. It is the browser's own modal dialog: it keeps the focus, Escape closes it, and the
 * focus goes back to where it was.
 */
export function Dialog({ title, confirm, isReady = true, isBusy = false, onConfirm, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const heading = useId();
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
    // Whoever presses Enter too soon has changed nothing.
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
