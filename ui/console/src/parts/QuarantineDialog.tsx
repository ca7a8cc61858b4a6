import type { QuarantineFilter } from "@shared/model";
import { formatCount } from "@shared/time";
import { App as AntApp } from "antd";
import { useTranslation } from "react-i18next";
import { api, queries } from "../app/server";
import { word } from "../app/words";
import { ReasonDialog } from "./ReasonDialog";

/** Records to be sent again or given up: those chosen, or all that the filter finds. */
export interface Dealt {
  action: "resend" | "discard";
  ids?: number[];
  filter?: QuarantineFilter;
  number: number;
  flows: string[];
  done?: () => void;
}

/** What each kind of record does when it is sent again or given up. */
const LINES = new Set(["F1", "F4", "F5"]);

export function QuarantineDialog({ of, close }: { of: Dealt; close: () => void }) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const { action, number } = of;
  const effects = [...new Set(of.flows.map((flow) => (LINES.has(flow) ? t(`pen.${action}${flow}`) : t(`quarantine.${action}Says`))))];
  const act = async (reason: string): Promise<void> => {
    const chosen = of.ids ? { ids: of.ids } : { filter: of.filter ?? {} };
    const done = action === "resend" ? (await api.resendQuarantined({ ...chosen, reason })).queued : (await api.discardQuarantined({ ...chosen, reason })).discarded;
    message.success(t(`pen.${action}Done`, { count: done, total: formatCount(done) }));
    of.done?.();
    await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  };
  return (
    <ReasonDialog
      title={t(`pen.${action}Title`, { count: number, total: formatCount(number) })}
      summary={<><p>{of.flows.map((flow) => word("dataset", flow)).join(t("list.comma"))}</p><ul className="effects">{effects.map((effect) => <li key={effect}>{effect}</li>)}</ul></>}
      confirm={t(`quarantine.${action}`)}
      danger={action === "discard"}
      act={act}
      close={close}
    />
  );
}
