import { changeLanguage, currentLanguage, t } from "../words";
import { Button } from "./controls";

export function LanguageButton() {
  return (
    <Button testId="language" onPress={() => changeLanguage(currentLanguage() === "en" ? "zh-CN" : "en")}>
      {t("me.language")}
    </Button>
  );
}
