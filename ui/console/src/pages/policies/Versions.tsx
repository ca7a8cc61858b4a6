import type { LinkPolicy, Policy, PolicyVersion } from "@shared/model";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../app/server";
import { Panel } from "../../parts/layout";
import { Load } from "../../parts/states";
import { When } from "../../parts/values";
import { Differences } from "./Differences";
import { difference } from "./difference";

/** Who set which policy when and why; any of them becomes a draft again, to be looked at and stored. */
export function Versions({ data, again }: { data: LinkPolicy; again: (policy: Policy) => void }) {
  const { t } = useTranslation();
  const versions = useQuery({ queryKey: ["policies", data.link, "versions"], queryFn: () => api.policyVersions(data.link) });
  return (
    <Panel title={t("policies.versions")} note={t("policies.versionsNote")}>
      <Load of={versions} rows={3} isEmpty={({ rows }) => rows.length === 0} empty={<p className="panel-empty">{t("policies.neverChanged")}</p>}>
        {({ rows }) => (
          <ol className="tries">
            {rows.map((one, index) => <Version key={one.number} of={one} before={rows[index + 1]} data={data} again={again} />)}
          </ol>
        )}
      </Load>
    </Panel>
  );
}

function Version({ of, before, data, again }: { of: PolicyVersion; before: PolicyVersion | undefined; data: LinkPolicy; again: (policy: Policy) => void }) {
  const { t } = useTranslation();
  return (
    <li>
      <div className="version">
        <div>
          <b className="num">{t("policies.version", { version: of.number })}</b> · {of.user === "-" ? t("policies.fromTheLink") : of.user} · <When at={of.at} />
          {of.reason ? <p className="quote">{of.reason}</p> : null}
        </div>
        {data.may_edit && of.number !== data.version ? (
          <Button size="small" onClick={() => { again(of.policy); document.getElementById("page")?.scrollTo({ top: 0 }); }}>{t("policies.again")}</Button>
        ) : null}
      </div>
      {before ? (
        <details open={of.number === data.version}>
          <summary>{t("policies.differs", { version: before.number })}</summary>
          <Differences changes={difference(before.policy, of.policy)} policy={of.policy} currency={data.currency} />
        </details>
      ) : null}
    </li>
  );
}
