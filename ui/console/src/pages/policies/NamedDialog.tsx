import { Input, Modal } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface NamedDialogProps {
  title: string;
  width: number;
  name: string;
  rename: (name: string) => void;
  /** The names of the others: a line says by its name which of them decided. */
  taken: string[];
  hint?: string;
  /** Is all that is not the name fit to be taken? */
  fine: boolean;
  take: (name: string) => void;
  close: () => void;
  children: ReactNode;
}

/** One named entry of a list of the policy: it is taken with a name of its own, and only when the rest is fit, too. */
export function NamedDialog({ title, width, name, rename, taken, hint, fine, take, close, children }: NamedDialogProps) {
  const { t } = useTranslation();
  const kept = name.trim();
  const twice = taken.includes(kept);
  return (
    <Modal
      open
      width={width}
      title={title}
      okText={t("policies.take")}
      okButtonProps={{ disabled: kept === "" || twice || !fine }}
      cancelText={t("action.back")}
      onOk={() => {
        take(kept);
        close();
      }}
      onCancel={close}
      destroyOnHidden
    >
      <div className="stack-small dialog-summary">
        <label className="field">
          <span>{t("policies.name")}</span>
          <Input autoFocus maxLength={60} value={name} status={twice ? "error" : ""} onChange={(event) => rename(event.target.value)} />
          {twice ? <small className="bad-text">{t("policies.nameTwice")}</small> : hint ? <small>{hint}</small> : null}
        </label>
        {children}
      </div>
    </Modal>
  );
}
