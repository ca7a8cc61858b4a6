import { Failed } from "../parts/states";
import { SignIn } from "../pages/SignIn";
import { useSession } from "./session";
import { Shell } from "./Shell";

/** Signed in: the console. Not: the sign-in form, at the same address, so that a link survives it. */
export function Gate() {
  const session = useSession();
  if (session.data) return session.data.user ? <Shell session={session.data} /> : <SignIn />;
  if (session.isError) return <div className="alone"><Failed error={session.error} retry={() => void session.refetch()} /></div>;
  return null;
}
