import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { App as AntApp, Checkbox } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries } from "../../app/server";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { Load, Notice } from "../../parts/states";
import { Code } from "../../parts/values";

/** Which sheets nobody began go to whom, and what that does to everybody's work; the supervisor may leave some of it out. */
export function BalanceDialog({ number, close }: { number: string; close: () => void }) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const found = useQuery({ queryKey: ["balance", number], queryFn: () => api.balance(number), gcTime: 0 });
  const [without, setWithout] = useState<number[]>([]);
  const agreed = (found.data?.moves ?? []).filter(({ sheet }) => !without.includes(sheet));
  const carryOut = async (): Promise<void> => {
    const { moves } = await api.carryOutBalance(number, agreed.map(({ sheet, after }) => ({ sheet, after })));
    message.success(t("balance.done", { count: moves.length, sheets: formatCount(moves.length) }));
    await queries.invalidateQueries({ queryKey: ["sheets"] });
  };
  return (
    <ReasonDialog
      title={t("balance.title")}
      confirm={t("balance.confirm", { count: agreed.length, sheets: formatCount(agreed.length) })}
      asks={false}
      ready={agreed.length > 0}
      act={carryOut}
      close={close}
      summary={
        <Load of={found} isEmpty={({ moves }) => moves.length === 0} empty={<Notice mark="empty" title={t("balance.none")}>{t("balance.noneNext")}</Notice>}>
          {({ moves, people }) => (
            <>
              <p>{t("balance.says")}</p>
              <ul className="postings">
                {moves.map((move) => (
                  <li key={move.sheet}>
                    <Checkbox checked={!without.includes(move.sheet)} onChange={({ target }) => setWithout(target.checked ? without.filter((one) => one !== move.sheet) : [...without, move.sheet])}>
                      <Code>{move.number}</Code> {t("balance.move", { lines: formatCount(move.lines), before: move.before ?? t("sheets.nobody"), after: move.after })}
                    </Checkbox>
                  </li>
                ))}
              </ul>
              <p className="quiet">{people.map(({ username, now, then }) => `${username} ${formatCount(now)} → ${formatCount(then)}`).join(" · ")}</p>
            </>
          )}
        </Load>
      }
    />
  );
}
