import { useEffect, useRef } from "react";

/** An action that answers false leaves the key to whoever else listens. */
export type Keys = Record<string, (event: KeyboardEvent) => false | void>;

/** A box that was just ticked takes no letters: the shortcuts for what was chosen are the next thing wanted. */
function typing(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement && target.type === "checkbox") return false;
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function dialogOpen(): boolean {
  return document.querySelector(".ant-modal-wrap:not([style*='display: none']) .ant-modal") !== null;
}

/** Single-key shortcuts; silent while somebody types, holds a modifier or has a dialog open. */
export function useKeys(keys: Keys, active = true): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    if (!active) return undefined;
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target) || dialogOpen()) return;
      const act = current.current[event.key];
      if (!act) return;
      const onControl = event.target instanceof HTMLElement && event.target.closest("button, a, input, [role=tab], [role=checkbox]") !== null;
      if ((event.key === "Enter" || event.key === " ") && onControl) return;
      if (act(event) !== false) event.preventDefault();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [active]);
}

/** `g` then a letter within a second. */
export function useGoKeys(places: Record<string, () => void>): void {
  const armed = useRef(0);
  const letters = Object.fromEntries(
    Object.entries(places).map(([letter, go]) => [
      letter,
      () => {
        const ours = Date.now() - armed.current < 1_000;
        armed.current = 0;
        if (!ours) return false;
        go();
        return undefined;
      },
    ]),
  );
  useKeys({ ...letters, g: () => { armed.current = Date.now(); } });
}
