import { LANGUAGES, hasChosenLanguage } from "@shared/i18n";
import type { Language } from "@shared/time";
import { Alert, Button, Input, Segmented } from "antd";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { LANGUAGE_NAMES, ThemeSwitch } from "../app/Account";
import { usePreferences } from "../app/preferences";
import { SESSION, api, keepSession, queries } from "../app/server";
import { Mark } from "../parts/Mark";
import { useSentence } from "../parts/states";

export function SignIn() {
  const { t } = useTranslation();
  const { language, setLanguage } = usePreferences();
  const sentence = useSentence();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    document.title = `${t("signIn.title")} · ${t("app.name")}`;
  }, [t]);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const session = keepSession(await api.signIn(username.trim(), password));
      const own = session.user?.language;
      if (!hasChosenLanguage() && (own === "zh-CN" || own === "en")) await setLanguage(own);
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
      queries.setQueryData(SESSION, session);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <div className="sign-in">
      <aside className="sign-in-side">
        <div className="sign-in-brand"><Mark size={36} /> <span>盘桥</span> <small>Countbridge</small></div>
        <Bridge />
        <ol className="sign-in-promises">
          <li>{t("signIn.promise1")}</li>
          <li>{t("signIn.promise2")}</li>
          <li>{t("signIn.promise3")}</li>
        </ol>
      </aside>
      <main className="sign-in-main">
        <div className="sign-in-tools">
          <Segmented<Language>
            size="small"
            aria-label={t("account.language")}
            options={LANGUAGES.map((one) => ({ value: one, label: LANGUAGE_NAMES[one] }))}
            value={language}
            onChange={(next) => void setLanguage(next)}
          />
          <ThemeSwitch />
        </div>
        <form className="sign-in-form" onSubmit={(event) => void submit(event)}>
          <h1>{t("signIn.title")}</h1>
          <label className="field">
            <span>{t("signIn.username")}</span>
            <Input size="large" autoFocus name="username" autoComplete="username" autoCapitalize="none" required value={username} onChange={(event) => setUsername(event.target.value)} />
          </label>
          <label className="field">
            <span>{t("signIn.password")}</span>
            <Input.Password size="large" name="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
          </label>
          {error ? <Alert type="error" showIcon role="alert" title={sentence(error)} /> : null}
          <Button type="primary" size="large" block htmlType="submit" loading={busy} disabled={!username.trim() || !password}>
            {t("signIn.submit")}
          </Button>
          <p className="quiet">
            {t("signIn.floor")} <a href="/pda">{t("signIn.floorLink")}</a>
          </p>
        </form>
      </main>
    </div>
  );
}

/** Two banks, one bridge: the ERP's book left, the shelves right. */
function Bridge() {
  const { t } = useTranslation();
  return (
    <svg className="sign-in-bridge" viewBox="0 0 400 170" role="img" aria-label={t("signIn.picture")}>
      <g fill="none" stroke="currentColor" strokeLinecap="round">
        <path d="M30 120 C 90 20, 310 20, 370 120" strokeWidth="3" />
        <path d="M10 120 H390" strokeWidth="3" />
        {[70, 110, 155, 200, 245, 290, 330].map((x, index) => (
          <path key={x} d={`M${x} ${[79, 58, 47, 45, 47, 58, 79][index]} V120`} strokeWidth="1.6" opacity="0.7" />
        ))}
        <path d="M10 132 H390" strokeWidth="1.2" opacity="0.45" strokeDasharray="2 7" />
      </g>
      <g fill="currentColor" fontSize="13" fontWeight="600" textAnchor="middle">
        <text x="38" y="156">ERP</text>
        <text x="362" y="156">WMS</text>
      </g>
    </svg>
  );
}
