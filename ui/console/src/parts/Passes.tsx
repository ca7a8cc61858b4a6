import type { LineDetail } from "@shared/model";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../app/session";
import { DecisionDialog } from "./DecisionDialog";
import { State } from "./tags";
import { Quantity, When } from "./values";

/** What each count of a line came to, side by side: whoever approves says which is right. */
export function Passes({ line, done }: { line: LineDetail; done: () => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const [taking, setTaking] = useState<number | null>(null);
  if (line.passes.length < 2) return null;
  const decides = line.state === "approve" && may("line.approve");
  return (
    <section className="drawer-part">
      <h3>{t("passes.title")}</h3>
      <p className="quiet small">{t("passes.note")}</p>
      <table className="table table-small" aria-label={t("passes.title")}>
        <thead>
          <tr>
            <th>{t("line.passShort")}</th><th>{t("line.who")}</th><th className="right">{t("derive.counted")}</th><th className="right">{t("passes.expected")}</th>
            <th className="right">{t("derive.variance")}</th><th />
          </tr>
        </thead>
        <tbody>
          {line.passes.map((one) => (
            <tr key={one.pass} className={one.valid ? "chosen" : ""}>
              <td className="num">{one.pass}</td>
              <td>{one.counter}<div className="quiet"><When at={one.counted_at} seconds /></div></td>
              <td className="right"><b><Quantity value={one.counted} unit={line.unit} /></b></td>
              <td className="right"><Quantity value={one.expected} /></td>
              <td className="right"><b><Quantity value={one.variance} signed /></b><div><State of="outcome" code={one.outcome} /></div></td>
              <td className="right">
                {one.valid ? <div className="small strong nowrap">✓ {t("passes.valid")}</div> : null}
                {decides ? <Button size="small" onClick={() => setTaking(one.pass)}>{t("passes.take")}</Button> : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {taking === null ? null : (
        <DecisionDialog
          lines={[{ id: line.id, variance: line.passes.find(({ pass }) => pass === taking)?.variance ?? null }]}
          decision="approve"
          takePass={taking}
          done={done}
          close={() => setTaking(null)}
        />
      )}
    </section>
  );
}
