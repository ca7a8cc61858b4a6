import { Header, useEntries } from "../parts/header";
import type { Sheet } from "../data/model";
import { viewSheet, type BinView } from "../rules/counted";
import { leaveTo, to } from "../route";
import { t } from "../words";

function standing(view: BinView): { text: string; tone: string } {
  if (view.done) return { text: t(view.emptied ? "bins.empty" : "bins.done"), tone: "good" };
  if (view.rows.length === 0) return { text: t("bins.nothing"), tone: "" };
  const n = view.open;
  return n < view.rows.length ? { text: t("bins.started", { n }), tone: "wait" } : { text: t("bins.open", { n }), tone: "" };
}

export function Bins({ sheet }: { sheet: Sheet }) {
  const views = viewSheet(sheet, useEntries());
  const id = sheet.sheet.id;
  return (
    <>
      <Header title={t("bins.title")} sub={sheet.sheet.number} back={to.walk(id)} />
      <main className="screen">
        <ul className="rows">
          {views.map((view) => {
            const { text, tone } = standing(view);
            return (
              <li key={view.bin.bin}>
                <button type="button" className="row" data-testid="bin-row" data-bin={view.bin.bin} data-done={view.done} onClick={() => leaveTo(to.walk(id, view.bin.bin))}>
                  <strong className="code">{view.bin.bin}</strong>
                  <em className={`tag ${tone}`}>{text}</em>
                </button>
              </li>
            );
          })}
        </ul>
      </main>
    </>
  );
}
