import { ApiError } from "@shared/http";
import { type FormEvent, useEffect, useState } from "react";
import mark from "@shared/mark.svg";
import { Button, Note } from "../parts/controls";
import { LanguageButton } from "../parts/language";
import { useStanding } from "../parts/header";
import { deviceName } from "../data/session";
import { outbox, session, signIn } from "../desk";
import { changeLanguage, hasChosenLanguage, t } from "../words";

export function sentence(problem: unknown): string {
  if (!(problem instanceof ApiError) || !problem.message || problem.unreachable) return t("error.unreachable");
  return problem.id ? `${problem.message} (${t("error.id", { id: problem.id })})` : problem.message;
}

export function SignIn() {
  const [username, setUsername] = useState(session.person()?.username ?? "");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [left, setLeft] = useState<[string, number][]>([]);
  const expired = useStanding() === "signed_out";
  useEffect(() => void outbox.waitingByPerson().then(setLeft), []);

  async function enter(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!username.trim() || !password) return setProblem(t("signin.missing"));
    setBusy(true);
    setProblem("");
    try {
      const language = await signIn(username.trim(), password, deviceName());
      if (!hasChosenLanguage() && (language === "en" || language === "zh-CN")) changeLanguage(language, false);
    } catch (refused) {
      setProblem(sentence(refused));
      setBusy(false);
    }
  }

  return (
    <main className="screen sign-in">
      <div className="brand">
        <img src={mark} alt="" width={44} height={44} />
        <div>
          <strong>{t("app.name")}</strong>
          <span>{t("app.subtitle")}</span>
        </div>
        <LanguageButton />
      </div>
      {expired ? <Note tone="wait">{t("signin.expired")}</Note> : null}
      {left.map(([name, n]) => (
        <Note key={name} tone="wait" testId="left-behind">{t("signin.waiting", { name, n })}</Note>
      ))}
      <form onSubmit={(event) => void enter(event)}>
        <label>
          {t("signin.username")}
          <input data-testid="sign-in-username" value={username} onChange={(event) => setUsername(event.target.value)} autoComplete="username" autoCapitalize="none" autoCorrect="off" spellCheck={false} />
        </label>
        <label>
          {t("signin.password")}
          <input data-testid="sign-in-password" type="password" value={password} onChange={(event) => setPassword(event.target.value)} autoComplete="current-password" />
        </label>
        {problem ? <Note tone="bad" testId="sign-in-problem">{problem}</Note> : null}
        <Button type="submit" look="main" testId="sign-in" disabled={busy}>{busy ? t("signin.busy") : t("signin.go")}</Button>
      </form>
    </main>
  );
}
