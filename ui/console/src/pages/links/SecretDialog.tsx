import { Button, Modal, Typography } from "antd";
import { useTranslation } from "react-i18next";

export interface Shown {
  name: string;
  secret: string;
}

/** A secret, the one time it can be seen. */
export function SecretDialog({ of, close }: { of: Shown; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal open title={t("secret.title", { name: of.name })} width={620} closable={false} onCancel={close} footer={<Button type="primary" onClick={close}>{t("secret.kept")}</Button>}>
      <p className="dialog-summary">{t("secret.says")}</p>
      <Typography.Paragraph className="code" copyable={{ text: of.secret, tooltips: [t("secret.copy"), t("secret.copied")] }}>{of.secret}</Typography.Paragraph>
    </Modal>
  );
}
