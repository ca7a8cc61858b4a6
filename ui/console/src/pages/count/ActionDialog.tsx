import type { Count } from "@shared/model";
import { formatCount } from "@shared/time";
import { App as AntApp } from "antd";
import { useTranslation } from "react-i18next";
import { api, queries } from "../../app/server";
import { Figure } from "../../parts/layout";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { Money } from "../../parts/values";

export type Action = "finish" | "verify" | "cancel";

interface ActionDialogProps {
  count: Count;
  action: Action;
  close: () => void;
}

export function ActionDialog({ count, action, close }: ActionDialogProps) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const act = async (reason: string): Promise<void> => {
    if (action === "verify") await api.verify(count.number);
    else await api[action](count.number, reason);
    message.success(t(`count.${action}Done`));
    await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  };
  return (
    <ReasonDialog
      title={t(`count.${action}Title`, { number: count.number })}
      summary={<Summary count={count} action={action} />}
      confirm={t(`count.${action}Confirm`)}
      danger={action === "cancel"}
      asks={action !== "verify"}
      act={act}
      close={close}
    />
  );
}

function Summary({ count, action }: { count: Count; action: Action }) {
  const { t } = useTranslation();
  const left = count.lines - count.counted;
  return (
    <>
      {action === "verify" ? null : (
        <div className="figures figures-dialog">
          <Figure name={t("count.countedLines")}><span className="num">{formatCount(count.counted)}</span></Figure>
          <Figure name={t("count.leftLines")}><span className={`num ${left ? "wait-text" : ""}`}>{formatCount(left)}</span></Figure>
          <Figure name={t("count.undecidedLines")}><span className="num">{formatCount(count.to_approve + count.to_recount)}</span></Figure>
          {count.net === null ? null : <Figure name={t("value.net")}><Money value={count.net} currency={count.currency} signed /></Figure>}
        </div>
      )}
      <p className="dialog-says">{t(`count.${action}Says`)}</p>
    </>
  );
}
