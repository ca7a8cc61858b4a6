import { newUuid } from "./uuid";

/** Who is signed in on this device. The token opens nothing but the handheld's calls. */
export interface Person {
  token: string;
  username: string;
  name: string;
}

const STORED = "countbridge.pda.session";
const DEVICE = "countbridge.pda.device";

export class Session {
  private current: Person | null = read();
  private readonly listeners = new Set<() => void>();

  readonly person = (): Person | null => this.current;

  readonly subscribe = (told: () => void): (() => void) => {
    this.listeners.add(told);
    return () => this.listeners.delete(told);
  };

  become(person: Person | null): void {
    this.current = person;
    if (person) localStorage.setItem(STORED, JSON.stringify(person));
    else localStorage.removeItem(STORED);
    for (const told of this.listeners) told();
  }
}

/** This device's name for the list of tokens: short, random, kept. */
export function deviceName(): string {
  const kept = localStorage.getItem(DEVICE);
  if (kept) return kept;
  const name = `PDA-${newUuid().slice(0, 6).toUpperCase()}`;
  localStorage.setItem(DEVICE, name);
  return name;
}

function read(): Person | null {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? "null") as Partial<Person> | null;
    if (!stored?.token || !stored.username) return null;
    return { token: stored.token, username: stored.username, name: stored.name ?? stored.username };
  } catch {
    return null;
  }
}
