import { signOf } from "@shared/decimal";
import type { Decision, DecisionPreview, Line } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { App as AntApp, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries } from "../app/server";
import { Figure } from "./layout";
import { useReasons } from "./reasons";
import { ReasonDialog } from "./ReasonDialog";
import { Load } from "./states";
import { Money } from "./values";

interface DecisionDialogProps {
  lines: Pick<Line, "id" | "variance">[];
  decision: Decision;
  /** Of one line several people counted: whose count is approved. */
  takePass?: number | undefined;
  done: () => void;
  close: () => void;
}

/** Shows what a decision will do (which documents, how much gained and lost) before it is made. */
export function DecisionDialog({ lines, decision, takePass, done, close }: DecisionDialogProps) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const [code, setCode] = useState("");
  const what = { lines: lines.map(({ id }) => id), decision, reason_code: code, take_pass: takePass ?? null };
  const preview = useQuery({ queryKey: ["preview", what], queryFn: () => api.previewDecision(what), gcTime: 0, staleTime: Infinity });
  const doable = preview.data?.lines ?? lines.length;
  const act = async (reason: string): Promise<void> => {
    const { changed, refused } = await api.decide({ ...what, reason });
    message.success(t("decide.done", { decision: t(`decide.${decision}`), count: changed, lines: formatCount(changed) }));
    if (refused.length) message.warning(t("decide.refused", { count: refused.length, lines: formatCount(refused.length), message: refused[0]?.message }), 8);
    await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
    done();
  };
  return (
    <ReasonDialog
      title={takePass === undefined ? t(`decide.${decision}Title`, { count: lines.length, lines: formatCount(lines.length) }) : t("passes.takeTitle", { pass: takePass })}
      summary={
        <>
          <Load of={preview} rows={3}>{(data) => <Effect of={data} decision={decision} />}</Load>
          <ReasonField lines={lines} value={code} change={setCode} />
        </>
      }
      optional={code !== ""}
      confirm={t(`decide.${decision}Confirm`, { count: doable, lines: formatCount(doable) })}
      ready={preview.data !== undefined && doable > 0}
      act={act}
      close={close}
    />
  );
}

/** Reasons to choose from: those for what the lines are, gains or losses. */
function ReasonField({ lines, value, change }: { lines: DecisionDialogProps["lines"]; value: string; change: (code: string) => void }) {
  const { t } = useTranslation();
  const { rows, nameOf } = useReasons();
  const signs = new Set(lines.map(({ variance }) => signOf(variance)));
  const fits = rows.filter(({ used_for }) => used_for === "both" || signs.has(used_for === "gain" ? 1 : -1));
  return (
    <label className="field field-reason">
      <span>{t("reason.code")}</span>
      <Select
        allowClear
        showSearch={{ optionFilterProp: "label" }}
        value={value || undefined}
        placeholder={t("reason.choose")}
        aria-label={t("reason.code")}
        options={fits.map(({ code }) => ({ value: code, label: nameOf(code) }))}
        onChange={(code: string | undefined) => change(code ?? "")}
      />
    </label>
  );
}

function Effect({ of, decision }: { of: DecisionPreview; decision: Decision }) {
  const { t } = useTranslation();
  return (
    <>
      <div className="figures figures-dialog">
        <Figure name={t("decide.lines")}><span className="num">{formatCount(of.lines)}</span></Figure>
        {of.net === null ? null : (
          <>
            <Figure name={t("value.gain")}><Money value={of.gain} signed /></Figure>
            <Figure name={t("value.loss")}><Money value={of.loss} signed /></Figure>
            <Figure name={t("value.net")}><Money value={of.net} signed /></Figure>
            {decision === "transfer" ? <Figure name={t("value.moved")}><Money value={of.moved} /></Figure> : null}
          </>
        )}
      </div>
      <p className="dialog-says">{t(`decide.${decision}Says`)}</p>
      {of.postings.length ? (
        <ul className="postings">
          {of.postings.map((one) => (
            <li key={one.system + one.location}>
              <b>{one.system.toUpperCase()}</b> <span className="code">{one.location}</span> <span className="num">{t("decide.postingLines", { count: one.lines, lines: formatCount(one.lines) })}</span>
            </li>
          ))}
        </ul>
      ) : null}
      {of.refused.length ? (
        <div className="refused" role="alert">
          <b>{t("decide.willRefuse", { count: of.refused.length, lines: formatCount(of.refused.length) })}</b>
          <ul>{[...new Set(of.refused.map(({ message }) => message))].slice(0, 4).map((message) => <li key={message}>{message}</li>)}</ul>
        </div>
      ) : null}
    </>
  );
}
