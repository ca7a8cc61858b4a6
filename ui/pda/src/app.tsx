import { useSyncExternalStore } from "react";
import { Button, Note } from "./parts/controls";
import { CameBack, Header, useStanding } from "./parts/header";
import { session } from "./desk";
import { readRoute, to, useHash, type Route } from "./route";
import { BinScreen } from "./screens/bin";
import { Bins } from "./screens/bins";
import { HandIn } from "./screens/hand-in";
import { Quantity } from "./screens/quantity";
import { Serials } from "./screens/serials";
import { Settings } from "./screens/settings";
import { Sheets } from "./screens/sheets";
import { SignIn } from "./screens/sign-in";
import { useSheet } from "./screens/use-sheet";
import { Waiting } from "./screens/waiting";
import { Walk } from "./screens/walk";
import { t, useLanguage } from "./words";

export function App() {
  useLanguage();
  const person = useSyncExternalStore(session.subscribe, session.person);
  const standing = useStanding();
  const route = readRoute(useHash());
  if (!person || standing === "signed_out") return <SignIn />;
  return (
    <>
      {route.screen === "waiting" ? null : <CameBack />}
      <Screen route={route} />
    </>
  );
}

function Screen({ route }: { route: Route }) {
  if (route.screen === "sheets") return <Sheets />;
  if (route.screen === "waiting") return <Waiting />;
  if (route.screen === "settings") return <Settings />;
  return <OfSheet key={route.sheet} route={route} />;
}

function OfSheet({ route }: { route: Route }) {
  const wanted = route.screen === "handin" ? "now" : route.screen === "walk" ? "recent" : "kept";
  const { sheet, problem, loading, again } = useSheet(route.sheet, wanted);
  if (!sheet) {
    return (
      <>
        <Header title={t("walk.title")} back={to.sheets()} />
        <main className="screen stack">
          {loading ? <p className="hint">{t("app.starting")}</p> : null}
          {problem ? <Note tone="bad" testId="sheet-problem"><strong>{problem}</strong>{problem === t("error.unreachable") ? <p>{t("sheet.not_here")}</p> : null}</Note> : null}
          {problem ? <Button look="main" onPress={again}>{t("sheet.retry")}</Button> : null}
        </main>
      </>
    );
  }
  const bin = sheet.bins.find((one) => one.bin === route.bin);
  if (route.screen === "bins") return <Bins sheet={sheet} />;
  if (route.screen === "handin") return <HandIn sheet={sheet} />;
  if (bin && route.screen === "bin") return <BinScreen key={bin.bin} sheet={sheet} bin={bin} />;
  if (bin && route.screen === "quantity") return <Quantity sheet={sheet} bin={bin} query={route.query} />;
  if (bin && route.screen === "serials") return <Serials sheet={sheet} bin={bin} code={route.query.get("item")} />;
  return <Walk sheet={sheet} wanted={route.query.get("bin")} />;
}
