import type { PlanLink } from "@shared/model";
import { formatCount } from "@shared/time";
import { useMutation } from "@tanstack/react-query";
import { Alert, App as AntApp, Button, Checkbox, Input, InputNumber, Radio, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useTyped } from "../../app/settled";
import { api, queries } from "../../app/server";
import { useSentence } from "../../parts/states";
import { ASKED, type PlanForm, codesOf, uninvited } from "./form";

interface FieldsProps {
  form: PlanForm;
  link: PlanLink;
  set: (change: Partial<PlanForm>) => void;
}

/** What the kind asks for, and nothing else. */
export function ScopeFields({ form, link, set }: FieldsProps) {
  const { t } = useTranslation();
  const asked = ASKED[form.kind] ?? [];
  const named = form.kind === "spot" && !form.draw;
  return (
    <div className="stack-small">
      {asked.includes("warehouses") ? <Warehouses form={form} link={link} set={set} /> : null}
      {form.kind === "spot" ? (
        <Radio.Group value={form.draw} aria-label={t("plan.which")} onChange={(event) => set({ draw: event.target.value as boolean })} options={[{ value: true, label: t("plan.atRandom") }, { value: false, label: t("plan.namedBins") }]} />
      ) : null}
      {form.kind === "cycle" ? (
        <label className="field">
          <span>{t("plan.days")}</span>
          <InputNumber min={0} max={3650} precision={0} value={form.days} onChange={(days) => set({ days: days ?? 0 })} />
          <small>{t("plan.daysHint")}</small>
        </label>
      ) : null}
      {form.kind === "cycle" || (form.kind === "spot" && form.draw) ? (
        <label className="field">
          <span>{form.kind === "cycle" ? t("plan.most") : t("plan.drawn")}</span>
          <InputNumber min={form.kind === "cycle" ? 0 : 1} max={100000} precision={0} value={form.most} onChange={(most) => set({ most: most ?? 0 })} />
          <small>{form.kind === "cycle" ? t("plan.mostHint") : t("plan.drawnHint")}</small>
        </label>
      ) : null}
      {asked.includes("classes") ? <Goods form={form} link={link} set={set} items={asked.includes("items")} /> : null}
      {asked.includes("zones") && !named ? <Zones form={form} link={link} set={set} required={form.kind === "zone"} /> : null}
      {named ? <Codes label={t("plan.bins")} hint={t("plan.binsHint", { count: form.bins.length, bins: formatCount(form.bins.length) })} value={form.bins} change={(bins) => set({ bins })} /> : null}
    </div>
  );
}

function Warehouses({ form, link, set }: FieldsProps) {
  const { t } = useTranslation();
  const known = [...new Set(link.zones.map(({ warehouse }) => warehouse))];
  return (
    <label className="field">
      <span>{t("plan.warehouses")}</span>
      <Select mode="multiple" allowClear value={form.warehouses} placeholder={t("plan.allWarehouses")} aria-label={t("plan.warehouses")} options={known.map((one) => ({ value: one, label: one }))} onChange={(warehouses: string[]) => set({ warehouses })} />
    </label>
  );
}

/** Zones under their warehouses, each with its bins. */
function Zones({ form, link, set, required }: FieldsProps & { required: boolean }) {
  const { t } = useTranslation();
  const chosen = new Set(form.zones);
  const warehouses = [...new Set(link.zones.map(({ warehouse }) => warehouse))];
  const change = (pairs: string[], on: boolean): void => set({ zones: on ? [...new Set([...form.zones, ...pairs])] : form.zones.filter((pair) => !pairs.includes(pair)) });
  const more = uninvited(form, link);
  return (
    <fieldset className="field zone-list">
      <legend>{t("plan.zones")}</legend>
      <small>{required ? t("plan.zonesHint") : t("plan.zonesOptional")}</small>
      <div className="zone-warehouses">
        {warehouses.map((warehouse) => {
          const zones = link.zones.filter((one) => one.warehouse === warehouse);
          const pairs = zones.map(({ zone }) => `${warehouse}/${zone}`);
          const some = pairs.filter((pair) => chosen.has(pair)).length;
          return (
            <div key={warehouse} className="zone-warehouse">
              <Checkbox checked={some === pairs.length} indeterminate={some > 0 && some < pairs.length} onChange={(event) => change(pairs, event.target.checked)}><b>{warehouse}</b></Checkbox>
              <div className="zone-boxes">
                {zones.map(({ zone, bins }) => (
                  <Checkbox key={zone} checked={chosen.has(`${warehouse}/${zone}`)} onChange={(event) => change([`${warehouse}/${zone}`], event.target.checked)}>
                    {zone} <span className="quiet small num">{t("plan.zoneBins", { count: bins, bins: formatCount(bins) })}</span>
                  </Checkbox>
                ))}
              </div>
            </div>
          );
        })}
      </div>
      {more.length ? <Alert type="warning" title={t("plan.uninvited", { zones: more.join(t("list.comma")) })} /> : null}
    </fieldset>
  );
}

function Goods({ form, link, set, items }: FieldsProps & { items: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <label className="field">
        <span>{t("plan.classes")}</span>
        <Select mode="multiple" allowClear value={form.classes} placeholder={t("plan.anyClass")} aria-label={t("plan.classes")} options={link.classes.map((one) => ({ value: one, label: one }))} onChange={(classes: string[]) => set({ classes })} />
      </label>
      <div className="field">
        <span>{t("plan.abc")}</span>
        <div className="row">
          <Checkbox.Group value={form.abc} options={["A", "B", "C"].map((one) => ({ value: one, label: one, disabled: !link.abc.includes(one) && !form.abc.includes(one) }))} onChange={(abc) => set({ abc })} />
          <Classify link={link} />
        </div>
        <small>{link.abc.length ? t("plan.abcHint") : t("plan.abcNone")}</small>
      </div>
      {items ? <Codes label={t("plan.items")} hint={t("plan.itemsHint", { count: form.items.length, items: formatCount(form.items.length) })} value={form.items} change={(codes) => set({ items: codes })} /> : null}
    </>
  );
}

/** The classes are as old as the last time somebody computed them. */
function Classify({ link }: { link: PlanLink }) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const sentence = useSentence();
  const classify = useMutation({
    mutationFn: () => api.classify(link.link, 90),
    onSuccess: async ({ A, B, C }) => {
      message.success(t("plan.classified", { a: formatCount(A), b: formatCount(B), c: formatCount(C) }));
      await queries.invalidateQueries({ queryKey: ["plans", "choices"] });
    },
    onError: (error) => message.error(sentence(error)),
  });
  return <Button size="small" loading={classify.isPending} onClick={() => classify.mutate()}>{t("plan.classify")}</Button>;
}

const listed = (codes: string[]): string => codes.join("\n");
const relisted = (text: string): string => listed(codesOf(text));

/** Codes as somebody pastes them from a spreadsheet. */
function Codes({ label, hint, value, change }: { label: string; hint: string; value: string[]; change: (codes: string[]) => void }) {
  const typed = useTyped(listed(value), (text) => change(codesOf(text)), relisted);
  return (
    <label className="field">
      <span>{label}</span>
      <Input.TextArea className="code" autoSize={{ minRows: 3, maxRows: 12 }} value={typed.value} onChange={(event) => typed.type(event.target.value)} onBlur={typed.leave} />
      <small>{hint}</small>
    </label>
  );
}
