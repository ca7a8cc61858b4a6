import { type FormEvent, useEffect, useRef, useState } from "react";
import { canUseCamera, readWithCamera } from "../scan/camera";
import { t } from "../words";
import { Button, Note } from "./controls";

interface Props {
  label: string;
  testId: string;
  onText: (text: string) => void;
}

/**
 * Where codes are typed, and where scanners that write like a keyboard app put them. It holds the focus without
 * opening the on-screen keyboard; a tap on it opens that.
 */
export function ScanField({ label, testId, onText }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const [byHand, setByHand] = useState(false);
  const [camera, setCamera] = useState(false);
  useEffect(() => field.current?.focus({ preventScroll: true }), [camera]);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const text = field.current?.value.trim() ?? "";
    if (field.current) field.current.value = "";
    if (text !== "") onText(text);
  }

  if (camera) {
    return (
      <Camera
        onDone={(text) => {
          setCamera(false);
          if (text !== null) onText(text);
        }}
      />
    );
  }
  return (
    <form className="scan-field" onSubmit={submit}>
      <input
        ref={field}
        data-testid={testId}
        aria-label={label}
        placeholder={label}
        inputMode={byHand ? "text" : "none"}
        onPointerDown={() => setByHand(true)}
        autoComplete="off"
        autoCapitalize="characters"
        autoCorrect="off"
        spellCheck={false}
        enterKeyHint="go"
      />
      <Button type="submit" testId={`${testId}-ok`}>{t("scan.ok")}</Button>
      {canUseCamera() ? (
        <Button onPress={() => setCamera(true)} testId="camera">
          <span role="img" aria-label={t("scan.camera")}>📷</span>
        </Button>
      ) : null}
    </form>
  );
}

function Camera({ onDone }: { onDone: (text: string | null) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const done = useRef(onDone);
  done.current = onDone;
  const [refused, setRefused] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    if (video.current) {
      readWithCamera(video.current, stop.signal)
        .then((text) => stop.signal.aborted || done.current(text))
        .catch(() => setRefused(true));
    }
    return () => stop.abort();
  }, []);
  return (
    <div className="camera">
      {refused ? <Note tone="bad">{t("scan.camera_refused")}</Note> : <video ref={video} muted playsInline aria-label={t("scan.camera_hint")} />}
      <Button onPress={() => onDone(null)}>{t("cancel")}</Button>
    </div>
  );
}
