import { ApiError } from "@shared/http";
import type { LinkPolicy, Policy, PolicyLevel, PolicyRule } from "@shared/model";
import { formatCount } from "@shared/time";
import { Alert, App as AntApp, Button, Modal } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useBlocker } from "react-router";
import { api, queries } from "../../app/server";
import { Facts, Panel } from "../../parts/layout";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { Calendar } from "./Calendar";
import { Differences, valueWords } from "./Differences";
import { Fields, sound } from "./Fields";
import { LevelDialog } from "./LevelDialog";
import { Ordered } from "./Ordered";
import { RuleDialog } from "./RuleDialog";
import { Versions } from "./Versions";
import { type Section, WORDS, type Word, difference, rebased, same, wordOf } from "./difference";
import { conditionWords, consequenceWords, cycleWords, levelSentence } from "./sentences";

/** A draft of the policy until somebody says why and stores it. What others store meanwhile is shown and never overwrites what was typed. */
export function Editor({ data }: { data: LinkPolicy }) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const [base, setBase] = useState(data);
  const [policy, setPolicy] = useState<Policy>(data.policy);
  const [saving, setSaving] = useState(false);
  const [said, setSaid] = useState("");
  const [both, setBoth] = useState<(Word | Section)[]>([]);
  const changes = difference(base.policy, policy);
  const changed = changes.length > 0;
  // A version below ours is an answer from before we saved; another policy of the same version came with the link's folder.
  const newer = data.version > base.version || (data.version === base.version && !same(data.policy, base.policy));
  useEffect(() => {
    if (!newer || changed) return;
    setBase(data);
    setPolicy(data.policy);
  }, [newer, changed, data]);
  const goOn = (): void => {
    const merged = rebased(base.policy, policy, data.policy);
    setBase(data);
    setPolicy(merged.policy);
    setBoth(merged.both);
  };
  const dropMine = (): void => {
    setBase(data);
    setPolicy(data.policy);
    setBoth([]);
  };
  const save = async (reason: string): Promise<void> => {
    try {
      const made = await api.setPolicy(data.link, policy, base.version, reason);
      setBase({ ...base, version: made.number, policy: made.policy });
      setPolicy(made.policy);
      setBoth([]);
      setSaid("");
      message.success(t("policies.saved", { version: made.number }));
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
      // Somebody was faster: what they stored is fetched and shown above; the draft stays, and the words of its reason too.
      setSaid(reason);
      document.getElementById("page")?.scrollTo({ top: 0 });
    }
    await queries.invalidateQueries({ queryKey: ["policies"] });
  };
  const fine = sound(policy);
  return (
    <div className="stack">
      {data.may_edit ? (
        <div className="bar bar-draft" role="region" aria-label={t("policies.draft")}>
          <div className="bar-facts"><b role="status">{changed ? t("policies.changes", { count: changes.length, changes: formatCount(changes.length) }) : t("policies.unchanged")}</b><span>{t("policies.version", { version: base.version })}</span></div>
          <div className="bar-actions">
            <Button disabled={!changed} onClick={dropMine}>{t("policies.discard")}</Button>
            <Button type="primary" disabled={!changed || !fine || newer} onClick={() => setSaving(true)}>{t("policies.save")}</Button>
          </div>
        </div>
      ) : <p className="lead">{t("policies.readOnly")}</p>}
      {newer && changed ? (
        <Alert
          type="warning"
          role="alert"
          title={t("policies.newer", { version: data.version })}
          description={
            <>
              <Differences changes={difference(base.policy, data.policy)} policy={data.policy} currency={data.currency} />
              <div className="row-actions review-act"><Button type="primary" onClick={goOn}>{t("policies.goOn")}</Button><Button onClick={dropMine}>{t("policies.takeTheirs")}</Button></div>
            </>
          }
        />
      ) : null}
      {both.length && changed ? <Alert type="info" title={t("policies.both", { words: both.map((one) => t(`policies.word_${one.replace(".", "_")}`)).join(t("list.comma")) })} /> : null}
      <Panel title={t("policies.general")} note={t("policies.generalNote")}>
        {data.may_edit ? (
          <Fields policy={policy} words={data.words} freeze={data.freeze} currency={data.currency} set={(change) => setPolicy({ ...policy, ...change })} />
        ) : <Facts rows={WORDS.filter((one) => one !== "cycle").map((one) => [t(`policies.word_${one.replace(".", "_")}`), valueWords(t, one, wordOf(policy, one), data.currency)])} />}
      </Panel>
      <Panel title={t("policies.word_cycle")} note={t("policies.calendarNote")}>
        {data.may_edit ? <Calendar cycle={policy.cycle ?? {}} change={(cycle) => setPolicy({ ...policy, cycle })} /> : <p>{cycleWords(t, policy.cycle ?? {})}</p>}
      </Panel>
      <Rules data={data} policy={policy} change={(rules) => setPolicy({ ...policy, rules })} />
      <Levels data={data} policy={policy} change={(approval) => setPolicy({ ...policy, approval })} />
      <Versions data={data} again={(old) => setPolicy({ ...data.policy, ...old })} />
      {saving ? (
        <ReasonDialog
          title={t("policies.saveTitle", { name: data.name })}
          summary={<><Differences changes={changes} policy={policy} currency={data.currency} /><p className="dialog-says">{t("policies.saveSays")}</p></>}
          confirm={t("policies.save")}
          said={said}
          act={save}
          close={() => setSaving(false)}
        />
      ) : null}
      <Leaving unsaved={changed && !saving} />
    </div>
  );
}

function Rules({ data, policy, change }: { data: LinkPolicy; policy: Policy; change: (rules: PolicyRule[]) => void }) {
  const { t } = useTranslation();
  return (
    <Ordered
      title={t("policies.rules")}
      note={t("policies.rulesNote")}
      rows={policy.rules}
      change={change}
      mayEdit={data.may_edit}
      add={t("policies.addRule")}
      none={t("policies.noRules")}
      columns={[t("policies.condition"), t("policies.follows")]}
      cells={(rule) => [conditionWords(t, rule, data.currency), consequenceWords(t, rule, policy, data.currency)]}
      last={[t("line.policyItself"), t("policies.everyOtherLine"), consequenceWords(t, { name: "" }, policy, data.currency)]}
      dialog={(rule, taken, done, close) => <RuleDialog rule={rule} taken={taken} policy={policy} words={data.words} currency={data.currency} done={done} close={close} />}
    />
  );
}

function Levels({ data, policy, change }: { data: LinkPolicy; policy: Policy; change: (levels: PolicyLevel[]) => void }) {
  const { t } = useTranslation();
  return (
    <Ordered
      title={t("policies.levels")}
      note={t("policies.levelsNote")}
      rows={policy.approval}
      change={change}
      mayEdit={data.may_edit}
      add={t("policies.addLevel")}
      none={t("policies.noLevels")}
      columns={[t("policies.signsFor"), t("policies.signer")]}
      cells={(level) => levelSentence(t, level, data.currency).split(" → ")}
      dialog={(level, taken, done, close) => <LevelDialog level={level} taken={taken} words={data.words} currency={data.currency} done={done} close={close} />}
    />
  );
}

/** Nobody loses a draft by clicking elsewhere. */
function Leaving({ unsaved }: { unsaved: boolean }) {
  const { t } = useTranslation();
  const blocker = useBlocker(({ currentLocation, nextLocation }) => unsaved && currentLocation.pathname !== nextLocation.pathname);
  useEffect(() => {
    if (!unsaved) return undefined;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [unsaved]);
  if (blocker.state !== "blocked") return null;
  return (
    <Modal open title={t("policies.leaveTitle")} okText={t("policies.leave")} okButtonProps={{ danger: true }} cancelText={t("policies.stay")} onOk={() => blocker.proceed()} onCancel={() => blocker.reset()}>
      <p>{t("policies.leaveSays")}</p>
    </Modal>
  );
}
