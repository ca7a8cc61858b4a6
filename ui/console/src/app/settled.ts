import { useEffect, useRef, useState } from "react";

/** A value once it has rested: what is asked of the server does not follow every key. */
export function useSettled<Value>(value: Value, rest = 400): Value {
  const [settled, setSettled] = useState(value);
  const text = JSON.stringify(value);
  const current = useRef(value);
  useEffect(() => {
    current.current = value;
  });
  useEffect(() => {
    const timer = setTimeout(() => setSettled(current.current), rest);
    return () => clearTimeout(timer);
  }, [text, rest]);
  return settled;
}

/** Text as it is typed, told once it has rested or the field is left. `read`: what a text comes to; one that comes to the same as
    `value` is left as somebody is typing it. */
export function useTyped(value: string, change: (text: string) => void, read: (text: string) => string = String): { value: string; type: (text: string) => void; leave: () => void } {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText((typed) => (read(typed) === value ? typed : value)), [value, read]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    value: text,
    type: (next) => {
      setText(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => change(next), 500);
    },
    leave: () => {
      clearTimeout(timer.current);
      if (text !== value) change(text);
    },
  };
}
