import type { Session } from "@shared/model";
import { LANGUAGES } from "@shared/i18n";
import type { ThemeChoice } from "@shared/theme";
import type { Language } from "@shared/time";
import { App as AntApp, Dropdown, Segmented } from "antd";
import { useTranslation } from "react-i18next";
import { useSentence } from "../parts/states";
import { usePreferences } from "./preferences";
import { SESSION, api, queries } from "./server";
import { word } from "./words";

export const LANGUAGE_NAMES: Record<Language, string> = { "zh-CN": "中文", en: "English" };

/** Language also goes to the server (mails, exports); the page does not wait for it. */
function useLanguageChange(): (language: Language) => Promise<void> {
  const { setLanguage } = usePreferences();
  const { message } = AntApp.useApp();
  const sentence = useSentence();
  return async (language) => {
    await setLanguage(language);
    try {
      await api.setLanguage(language);
    } catch (error) {
      message.error(sentence(error));
    }
    await queries.invalidateQueries();
  };
}

export function ThemeSwitch({ block = false }: { block?: boolean }) {
  const { t } = useTranslation();
  const { choice, setTheme } = usePreferences();
  const options: { value: ThemeChoice; label: string }[] = [
    { value: "light", label: t("theme.light") },
    { value: "dark", label: t("theme.dark") },
    { value: "system", label: t("theme.system") },
  ];
  return <Segmented<ThemeChoice> size="small" block={block} aria-label={t("theme.label")} options={options} value={choice} onChange={setTheme} />;
}

export function Account({ session, help }: { session: Session; help: () => void }) {
  const { t } = useTranslation();
  const { language } = usePreferences();
  const change = useLanguageChange();
  const { message } = AntApp.useApp();
  const sentence = useSentence();
  const signOut = async (): Promise<void> => {
    try {
      await api.signOut();
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
      await queries.invalidateQueries({ queryKey: SESSION });
    } catch (error) {
      message.error(sentence(error));
    }
  };
  const roles = session.roles?.map(({ role, warehouse }) => word("role", role) + (warehouse ? ` · ${warehouse}` : "")).join(t("list.comma"));
  return (
    <div className="account">
      <Segmented<Language>
        size="small"
        block
        aria-label={t("account.language")}
        options={LANGUAGES.map((one) => ({ value: one, label: LANGUAGE_NAMES[one] }))}
        value={language}
        onChange={(next) => void change(next)}
      />
      <ThemeSwitch block />
      <Dropdown
        trigger={["click"]}
        placement="topLeft"
        menu={{
          items: [
            { key: "help", label: t("account.keys"), onClick: help },
            { key: "api", label: <a href="/api/docs">{t("account.api")}</a> },
            { type: "divider" },
            { key: "out", label: t("account.signOut"), onClick: () => void signOut() },
          ],
        }}
      >
        <button type="button" className="account-who">
          <span className="account-name">{session.user?.name || session.user?.username}</span>
          <span className="account-role">{roles}</span>
        </button>
      </Dropdown>
    </div>
  );
}
