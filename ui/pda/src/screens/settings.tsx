import { useState } from "react";
import { applyTheme, themeOf, themeChoice } from "@shared/theme";
import { Ask, Button } from "../parts/controls";
import { Header, useEntries } from "../parts/header";
import { LanguageButton } from "../parts/language";
import { deviceName } from "../data/session";
import { session, signOut } from "../desk";
import { to } from "../route";
import { isMuted, setMuted, signal } from "../scan/signal";
import { t } from "../words";

export function Settings() {
  const [muted, mute] = useState(isMuted());
  const [leaving, setLeaving] = useState(false);
  const n = useEntries().filter((one) => one.state === "waiting" || one.state === "refused").length;
  function toggleSound(): void {
    setMuted(!muted);
    mute(!muted);
    if (muted) signal("right");
  }
  function leave(): void {
    if (n > 0 && !leaving) setLeaving(true);
    else void signOut();
  }
  if (leaving) {
    return (
      <Ask
        tone="wait"
        title={t("me.sign_out")}
        testId="ask-sign-out"
        answers={
          <>
            <Button look="main" onPress={() => setLeaving(false)}>{t("cancel")}</Button>
            <Button onPress={leave} testId="sign-out-anyway">{t("me.sign_out")}</Button>
          </>
        }
      >
        <p>{t("me.sign_out_waiting", { n })}</p>
      </Ask>
    );
  }
  return (
    <>
      <Header title={t("sheets.settings")} sub={`${session.person()?.name ?? ""} · ${deviceName()}`} back={to.sheets()} />
      <main className="screen stack">
        <LanguageButton />
        <Button onPress={() => applyTheme(themeOf(themeChoice()) === "dark" ? "light" : "dark")}>{t("me.theme")}</Button>
        <Button onPress={toggleSound}>{t(muted ? "me.sound_off" : "me.sound_on")}</Button>
        <Button look="danger" onPress={leave} testId="sign-out">{t("me.sign_out")}</Button>
      </main>
    </>
  );
}
