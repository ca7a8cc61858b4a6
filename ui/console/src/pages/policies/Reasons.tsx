import type { ReasonCode } from "@shared/model";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, App as AntApp, Button, Input, Select, Switch } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries } from "../../app/server";
import { useMay } from "../../app/session";
import { Head, Panel } from "../../parts/layout";
import { Forbidden, Load, useSentence } from "../../parts/states";
import { shifted } from "./draft";
import { Tabs } from "./Tabs";

const USED_FOR = ["both", "gain", "loss"] as const;

/** A row that is new has no code of the server's yet, so it is known by a number of ours. */
type Row = ReasonCode & { key: string; fresh: boolean };

/** The reasons people choose from when they decide about a variance. */
export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const reasons = useQuery({ queryKey: ["reasons", "list"], queryFn: () => api.reasons(true), enabled: may("count.view") });
  if (!may("count.view")) return <Forbidden />;
  return (
    <>
      <Head title={t("reasons.title")} below={t("reasons.lead")} />
      <Tabs />
      <Load of={reasons} rows={12}>{({ rows, version }) => <List of={rows} version={version} />}</Load>
    </>
  );
}

function rowsOf(of: ReasonCode[]): Row[] {
  return of.map(({ code, name_zh, name_en, used_for, active }) => ({ code, name_zh, name_en, used_for, active, key: code, fresh: false }));
}

function List({ of, version }: { of: ReasonCode[]; version: number }) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const sentence = useSentence();
  const mayEdit = useMay()("policy.edit");
  const [draft, setDrafted] = useState<Row[] | null>(null);
  // What is edited stays based on what it was begun from, also when a newer list arrives meanwhile.
  const [basis, setBasis] = useState(version);
  const setDraft = (next: Row[] | null): void => {
    if (draft === null) setBasis(version);
    setDrafted(next);
  };
  const rows = draft ?? rowsOf(of);
  const store = useMutation({
    mutationFn: () => api.setReasons(rows.map(({ code, name_zh, name_en, used_for, active }) => ({ code: code.trim(), name_zh, name_en, used_for, active })), basis),
    onSuccess: async () => {
      message.success(t("reasons.saved"));
      await queries.invalidateQueries({ queryKey: ["reasons"] });
      setDraft(null);
    },
  });
  const edit = (key: string, change: Partial<Row>): void => setDraft(rows.map((row) => (row.key === key ? { ...row, ...change } : row)));
  const add = (): void => setDraft([...rows, { code: "", name_zh: "", name_en: "", used_for: "both", active: true, key: `new-${Date.now()}`, fresh: true }]);
  const complete = rows.every(({ code, name_zh, name_en }) => code.trim() && name_zh.trim() && name_en.trim()) && new Set(rows.map(({ code }) => code.trim())).size === rows.length;
  return (
    <div className="stack">
      {store.isError ? <Alert type="error" role="alert" title={sentence(store.error)} /> : null}
      <Panel
        title={t("reasons.title")}
        note={t("reasons.note")}
        flush
        side={mayEdit ? (
          <>
            <Button size="small" onClick={add}>{t("reasons.add")}</Button>
            <Button size="small" disabled={draft === null} onClick={() => setDraft(null)}>{t("policies.discard")}</Button>
            <Button size="small" type="primary" disabled={draft === null || !complete} loading={store.isPending} onClick={() => store.mutate()}>{t("policies.save")}</Button>
          </>
        ) : null}
      >
        <div className="table-scroll">
          <table className="table" aria-label={t("reasons.title")}>
            <thead><tr><th className="right">{t("policies.order")}</th><th>{t("reasons.code")}</th><th>{t("reasons.zh")}</th><th>{t("reasons.en")}</th><th>{t("reasons.usedFor")}</th><th>{t("reasons.active")}</th>{mayEdit ? <th>{t("cadence.act")}</th> : null}</tr></thead>
            <tbody>
              {rows.map((row, index) => (
                <tr key={row.key} className={row.active ? "" : "quiet"}>
                  <td className="right num">{index + 1}</td>
                  <td>{row.fresh ? <Input size="small" className="code" maxLength={40} aria-label={t("reasons.code")} value={row.code} onChange={(event) => edit(row.key, { code: event.target.value })} /> : <span className="code">{row.code}</span>}</td>
                  {(["name_zh", "name_en"] as const).map((name) => (
                    <td key={name}>{mayEdit ? <Input size="small" maxLength={120} aria-label={`${name === "name_zh" ? t("reasons.zh") : t("reasons.en")} ${row.code}`} value={row[name]} onChange={(event) => edit(row.key, { [name]: event.target.value })} /> : row[name]}</td>
                  ))}
                  <td>{mayEdit ? <Select size="small" style={{ width: 146 }} aria-label={`${t("reasons.usedFor")} ${row.code}`} value={row.used_for} options={USED_FOR.map((one) => ({ value: one, label: t(`reasons.for_${one}`) }))} onChange={(used_for) => edit(row.key, { used_for })} /> : t(`reasons.for_${row.used_for}`)}</td>
                  <td>{mayEdit ? <Switch size="small" checked={row.active} aria-label={`${t("reasons.active")} ${row.code}`} onChange={(active) => edit(row.key, { active })} /> : row.active ? t("policies.yes") : t("policies.no")}</td>
                  {mayEdit ? (
                    <td>
                      <div className="row-actions row-nowrap">
                        <Button size="small" aria-label={t("policies.up", { name: row.code })} disabled={index === 0} onClick={() => setDraft(shifted(rows, index, index - 1))}>↑</Button>
                        <Button size="small" aria-label={t("policies.down", { name: row.code })} disabled={index === rows.length - 1} onClick={() => setDraft(shifted(rows, index, index + 1))}>↓</Button>
                        {row.fresh ? <Button size="small" danger onClick={() => setDraft(rows.filter(({ key }) => key !== row.key))}>{t("policies.remove")}</Button> : null}
                      </div>
                    </td>
                  ) : null}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </div>
  );
}
