/** The one place where this page's parts meet. */
import { currentLanguage } from "./words";
import { Clock } from "./data/clock";
import { Database } from "./data/database";
import { Library } from "./data/library";
import { Outbox } from "./data/outbox";
import { Sender } from "./data/sender";
import { Server } from "./data/server";
import { Session } from "./data/session";

const database = new Database();

export const clock = new Clock();
export const session = new Session();
export const outbox = new Outbox(database, clock);
export const server = new Server(clock, currentLanguage, () => session.person()?.token ?? null, () => session.person() && sender.expire());
export const sender = new Sender(outbox, server);
export const library = new Library(database, server, () => clock.stamp());

/** Opens the device's store and starts sending what waits from before. */
export async function start(): Promise<void> {
  await outbox.load(session.person()?.username ?? null);
  const kick = (): void => {
    if (session.person()) void sender.kick();
  };
  window.addEventListener("online", kick);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    // Another tab may have written or sent meanwhile.
    void outbox.refresh().then(kick);
  });
  // Where the browser allows it, unsent scans are kept even when the disk is nearly full.
  void navigator.storage?.persist?.().catch(() => false);
  kick();
}

export async function signIn(username: string, password: string, device: string): Promise<string> {
  const person = await server.signIn(username, password, device);
  // Nobody's entries are at hand while the token changes: none may go under another's name.
  await outbox.load(null);
  session.become({ token: person.token, username: person.username, name: person.name });
  await outbox.load(person.username);
  void sender.resume();
  return person.language;
}

/** Signs out here whatever the network says; what waits stays on the device for the next sign-in. */
export async function signOut(): Promise<void> {
  sender.stop();
  await outbox.load(null);
  await server.signOut().catch(() => undefined);
  session.become(null);
  void sender.resume();
}
