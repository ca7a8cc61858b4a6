import type { CountMode, PlanChoices, PlanLink } from "@shared/model";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Input, Radio, Select } from "antd";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useNavigate, useNavigationType, useSearchParams } from "react-router";
import { useTyped } from "../../app/settled";
import { api, queries } from "../../app/server";
import { useMay } from "../../app/session";
import { word } from "../../app/words";
import { Head, Panel } from "../../parts/layout";
import { Forbidden, Load, Notice, useSentence } from "../../parts/states";
import { DueList } from "./DueList";
import { type PlanForm, formOf, missing, paramsOf, scopeOf } from "./form";
import { Preview, usePreview } from "./Preview";
import { ScopeFields } from "./ScopeFields";

/** Ordering a count: what of, how it is counted, and beside it what that comes to. The whole form is in the address. */
export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const choices = useQuery({ queryKey: ["plans", "choices"], queryFn: api.planChoices, enabled: may("count.plan"), staleTime: 60_000 });
  if (!may("count.plan")) return <Forbidden />;
  return (
    <>
      <Head title={t("plan.title")} above={<Link to="/counts">{t("counts.title")}</Link>} below={t("plan.lead")} />
      <Load of={choices} rows={12} isEmpty={({ links }) => links.length === 0} empty={<Notice mark="empty" title={t("links.none")} />}>
        {(data) => <Wizard choices={data} />}
      </Load>
    </>
  );
}

/** The form, and the address that says the same: it follows what is chosen, and another address brings another form. */
function useForm(): [form: PlanForm, set: (change: Partial<PlanForm>) => void] {
  const [params, setParams] = useSearchParams();
  const [form, setForm] = useState(() => formOf(params));
  const written = useRef(params.toString());
  useEffect(() => {
    const text = paramsOf(form).toString();
    if (text === written.current) return;
    written.current = text;
    setParams(new URLSearchParams(text), { replace: true });
  }, [form, setParams]);
  // Our own writing replaces the address; whatever came otherwise is somebody's link.
  const { key } = useLocation();
  const arrived = useNavigationType() !== "REPLACE";
  useEffect(() => {
    if (arrived) setForm(formOf(params));
    // Once for each address; while one is on its way, the form is ahead of it.
  }, [key, arrived]);
  return [form, useCallback((change) => setForm((before) => ({ ...before, ...change })), [])];
}

function Wizard({ choices }: { choices: PlanChoices }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const sentence = useSentence();
  const [form, set] = useForm();
  const link = choices.links.find((one) => one.link === form.link) ?? choices.links[0]!;
  const scope = scopeOf(form, link);
  const plan = { link: link.link, kind: form.kind, scope };
  const lacks = missing(form);
  const preview = usePreview(plan, lacks === null);
  const order = useMutation({
    mutationFn: () => api.orderPlan({ ...plan, mode: form.mode, name: form.name.trim(), ...(link.freeze.possible && form.freeze ? { freeze: form.freeze } : {}) }),
    onSuccess: ({ number }) => {
      void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
      void navigate(`/counts/${number}`);
    },
  });
  return (
    <div className="plan">
      <div className="stack">
        {choices.links.length > 1 ? (
          <Panel title={t("plan.link")}>
            <Select aria-label={t("plan.link")} style={{ minWidth: 280 }} value={link.link} options={choices.links.map((one) => ({ value: one.link, label: one.name }))} onChange={(next: string) => set({ link: next, zones: [], warehouses: [], classes: [], abc: [] })} />
          </Panel>
        ) : null}
        <Panel title={t("plan.kind")}><Kinds kinds={choices.kinds} value={form.kind} change={(kind) => set({ kind })} /></Panel>
        <Panel title={t("plan.scope")}><ScopeFields form={form} link={link} set={set} /></Panel>
        {form.kind === "cycle" ? <DueList link={link.link} taken={form.bins} take={(bins) => set({ bins })} /> : null}
        <Panel title={t("plan.mode")}><Modes modes={choices.modes} value={form.mode} change={(mode) => set({ mode })} /></Panel>
        <Panel title={t("plan.freeze")}><Freezing link={link} value={form.freeze} change={(freeze) => set({ freeze })} /></Panel>
        <Panel title={t("plan.name")}><Name link={link} value={form.name} change={(name) => set({ name })} /></Panel>
      </div>
      <aside className="plan-side" aria-label={t("plan.preview")}>
        <Panel title={t("plan.preview")} note={t("plan.previewNote")}>
          {lacks ? <p className="panel-empty" role="status">{t(`plan.lacks_${lacks}`)}</p> : <Preview of={preview} random={form.kind === "spot" && form.draw} walked={form.kind === "zero_check" ? "empty" : scope.classes || scope.abc || scope.items ? "holding" : "all"} />}
        </Panel>
        {order.isError ? <Alert type="error" role="alert" title={sentence(order.error)} /> : null}
        <Button type="primary" size="large" block disabled={lacks !== null || !preview.ready} loading={order.isPending} onClick={() => order.mutate()}>
          {t("plan.order")}
        </Button>
        <p className="quiet small">{t("plan.orderSays")}</p>
      </aside>
    </div>
  );
}

function Kinds({ kinds, value, change }: { kinds: string[]; value: string; change: (kind: string) => void }) {
  const { t } = useTranslation();
  return (
    <Radio.Group className="choices" value={value} aria-label={t("plan.kind")} onChange={(event) => change(event.target.value as string)}>
      {kinds.map((kind) => <Radio key={kind} value={kind} className="choice"><b>{word("countKind", kind)}</b><div className="small quiet">{t(`plan.kind_${kind}`)}</div></Radio>)}
    </Radio.Group>
  );
}

function Modes({ modes, value, change }: { modes: CountMode[]; value: CountMode; change: (mode: CountMode) => void }) {
  const { t } = useTranslation();
  return (
    <Radio.Group className="choices" value={value} aria-label={t("plan.mode")} onChange={(event) => change(event.target.value as CountMode)}>
      {modes.map((mode) => <Radio key={mode} value={mode} className="choice"><b>{word("countMode", mode)}</b><div className="small quiet">{t(`plan.mode_${mode}`)}</div></Radio>)}
    </Radio.Group>
  );
}

/** Keeping zones still is offered where the WMS can; where it cannot, the reason stands there. */
function Freezing({ link, value, change }: { link: PlanLink; value: PlanForm["freeze"]; change: (freeze: PlanForm["freeze"]) => void }) {
  const { t } = useTranslation();
  if (!link.freeze.possible) return <p className="quiet small">{link.freeze.why_not}</p>;
  const on = (value || link.freeze.usual) === "whole_zones";
  const choose = (checked: boolean): void => {
    const next = checked ? "whole_zones" : "none";
    change(next === link.freeze.usual ? "" : next);
  };
  return (
    <div className="field">
      <Checkbox checked={on} onChange={(event) => choose(event.target.checked)}>{t("plan.freezeZones")}</Checkbox>
      <small>{t("plan.freezeHint")}</small>
    </div>
  );
}

function Name({ link, value, change }: { link: PlanLink; value: string; change: (name: string) => void }) {
  const { t } = useTranslation();
  const typed = useTyped(value, change);
  return (
    <label className="field">
      <Input value={typed.value} maxLength={200} aria-label={t("plan.name")} placeholder={t("plan.namePlaceholder", { link: link.name })} onChange={(event) => typed.type(event.target.value)} onBlur={typed.leave} />
      <small>{t("plan.nameHint")}</small>
    </label>
  );
}
