import { Input } from "antd";
import { useEffect, useRef, useState } from "react";

interface SearchProps {
  value: string | undefined;
  change: (text: string) => void;
  label: string;
  width?: number;
}

/** Reached with `/`; tells what was typed once the typing rests. */
export function Search({ value = "", change, label, width = 260 }: SearchProps) {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const later = (next: string): void => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => change(next.trim()), 300);
  };
  return (
    <Input
      data-search=""
      type="search"
      allowClear
      value={text}
      placeholder={label}
      aria-label={label}
      style={{ width }}
      suffix={text ? null : <kbd aria-hidden="true">/</kbd>}
      onChange={(event) => later(event.target.value)}
      onPressEnter={() => {
        clearTimeout(timer.current);
        change(text.trim());
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}
