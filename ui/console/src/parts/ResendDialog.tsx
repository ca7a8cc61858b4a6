import { formatCount } from "@shared/time";
import { App as AntApp } from "antd";
import { useTranslation } from "react-i18next";
import { queries } from "../app/server";
import { ReasonDialog } from "./ReasonDialog";

interface ResendDialogProps {
  number: number;
  send: (reason: string) => Promise<{ queued: number }>;
  done: () => void;
  close: () => void;
}

/** Many deliveries again: says first which of them are touched, then how many were. */
export function ResendDialog({ number, send, done, close }: ResendDialogProps) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const act = async (reason: string): Promise<void> => {
    const { queued } = await send(reason);
    message.success(t("outbox.queued", { count: queued, total: formatCount(queued) }));
    done();
    await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  };
  return (
    <ReasonDialog
      title={t("outbox.resendTitle", { count: number, total: formatCount(number) })}
      summary={<ul className="effects">{["lookedFor", "byLine", "untouched"].map((effect) => <li key={effect}>{t(`outbox.${effect}`)}</li>)}</ul>}
      confirm={t("delivery.resend")}
      act={act}
      close={close}
    />
  );
}
