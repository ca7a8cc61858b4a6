/** What the person hears, sees and feels without looking: right, wrong bin, unknown code, counted already. */
export type Signal = "right" | "wrong_bin" | "unknown" | "double";

/** Tones as [frequency in Hz, seconds]; vibration as on/off milliseconds. */
const SIGNALS: Record<Signal, { tones: [number, number][]; wave: OscillatorType; shake: number[] }> = {
  right: { tones: [[1320, 0.09]], wave: "sine", shake: [40] },
  double: { tones: [[880, 0.1], [0, 0.06], [880, 0.1]], wave: "triangle", shake: [60, 60, 60] },
  wrong_bin: { tones: [[330, 0.16], [0, 0.05], [220, 0.3]], wave: "square", shake: [200, 80, 200] },
  unknown: { tones: [[196, 0.14], [0, 0.06], [196, 0.14], [0, 0.06], [196, 0.14]], wave: "sawtooth", shake: [120, 60, 120, 60, 120] },
};
const MUTED = "countbridge.pda.muted";

let audio: AudioContext | null = null;
let shown: ReturnType<typeof setTimeout> | undefined;

export function isMuted(): boolean {
  return localStorage.getItem(MUTED) === "yes";
}

export function setMuted(muted: boolean): void {
  if (muted) localStorage.setItem(MUTED, "yes");
  else localStorage.removeItem(MUTED);
}

/** Browsers allow sound only after the first touch or key: open it then. */
export function openSound(): void {
  const open = (): void => {
    audio ??= "AudioContext" in window ? new AudioContext() : null;
    void audio?.resume().catch(() => undefined);
  };
  for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, open, { passive: true });
}

export function signal(kind: Signal): void {
  flash(kind);
  const { tones, wave, shake } = SIGNALS[kind];
  navigator.vibrate?.(shake);
  if (!isMuted() && audio?.state === "running") play(audio, tones, wave);
}

function flash(kind: Signal): void {
  clearTimeout(shown);
  document.documentElement.dataset["signal"] = kind;
  shown = setTimeout(() => delete document.documentElement.dataset["signal"], 900);
}

function play(context: AudioContext, tones: readonly [number, number][], wave: OscillatorType): void {
  let at = context.currentTime;
  for (const [frequency, seconds] of tones) {
    if (frequency > 0) {
      const tone = context.createOscillator();
      const loudness = context.createGain();
      tone.type = wave;
      tone.frequency.value = frequency;
      loudness.gain.setValueAtTime(0.35, at);
      loudness.gain.exponentialRampToValueAtTime(0.001, at + seconds);
      tone.connect(loudness).connect(context.destination);
      tone.start(at);
      tone.stop(at + seconds);
    }
    at += seconds;
  }
}
