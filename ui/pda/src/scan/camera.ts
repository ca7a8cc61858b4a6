/** The browser's own barcode reader, where there is one; nothing is shown where there is not. */
interface Detected {
  rawValue: string;
}
interface Detector {
  detect(source: HTMLVideoElement): Promise<Detected[]>;
}
type DetectorClass = new () => Detector;

function detectorClass(): DetectorClass | null {
  return (window as { BarcodeDetector?: DetectorClass }).BarcodeDetector ?? null;
}

export function canUseCamera(): boolean {
  return window.isSecureContext && detectorClass() !== null && typeof navigator.mediaDevices?.getUserMedia === "function";
}

/** Shows the back camera in `video` until a code is read or `signal` aborts. Resolves with the code, or null when aborted. */
export async function readWithCamera(video: HTMLVideoElement, signal: AbortSignal): Promise<string | null> {
  const Class = detectorClass();
  if (!Class) return null;
  const detector = new Class();
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  try {
    video.srcObject = stream;
    await video.play();
    while (!signal.aborted) {
      const [code] = await detector.detect(video);
      if (code?.rawValue) return code.rawValue;
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}
