import { Alert, Input, Modal } from "antd";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSentence } from "./states";

interface ReasonDialogProps {
  title: string;
  /** What will happen, before it does. */
  summary: ReactNode;
  confirm: string;
  danger?: boolean;
  /** Without it no reason is asked for. */
  asks?: boolean;
  /** The words may be left out: the record has its reason from elsewhere, or needs none. */
  optional?: boolean;
  ready?: boolean;
  /** What was said before, when the dialog is opened again. */
  said?: string;
  act: (reason: string) => Promise<unknown>;
  close: () => void;
}

const SHORTEST = 3;

/** Nothing that cannot be taken back happens without its effect shown and, where the record needs it, a reason given. */
export function ReasonDialog({ title, summary, confirm, danger = false, asks = true, optional = false, ready = true, said = "", act, close }: ReasonDialogProps) {
  const { t } = useTranslation();
  const sentence = useSentence();
  const [reason, setReason] = useState(said);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const complete = ready && (!asks || optional || reason.trim().length >= SHORTEST);
  const submit = async (): Promise<void> => {
    if (!complete || busy) return;
    setBusy(true);
    setError(null);
    try {
      await act(reason.trim());
      close();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      title={title}
      width={620}
      okText={confirm}
      okButtonProps={{ disabled: !complete, danger }}
      cancelText={t("action.back")}
      confirmLoading={busy}
      onOk={() => void submit()}
      onCancel={close}
      destroyOnHidden
    >
      <div className="dialog-summary">{summary}</div>
      {asks ? (
        <label className="field">
          <span>{optional ? t("reason.more") : t("reason.label")}</span>
          <Input.TextArea
            autoFocus
            rows={2}
            maxLength={500}
            value={reason}
            placeholder={t("reason.placeholder")}
            onChange={(event) => setReason(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit();
            }}
          />
          <small>{optional ? t("reason.moreHint") : t("reason.hint", { least: SHORTEST })}</small>
        </label>
      ) : null}
      {error ? <Alert type="error" title={sentence(error)} role="alert" /> : null}
    </Modal>
  );
}
