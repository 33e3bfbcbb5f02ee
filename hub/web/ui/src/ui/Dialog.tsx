import { useEffect, useId, useRef, type ReactNode } from "react";
import { words } from "../words/index.ts";
import { Icon } from "./Icon.tsx";

/** The browser's own modal dialog: it keeps the focus inside, closes on Escape and gives the focus back. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  const onBackdrop = (target: EventTarget) => target === dialog.current && dialog.current.close();
  return (
    <dialog ref={dialog} aria-labelledby={heading} onClose={onClose} onClick={(e) => onBackdrop(e.target)}>
      <div className="sheet">
        <div className="title">
          <h2 id={heading}>{title}</h2>
          <button type="button" className="round" aria-label={words.settings.close} onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
