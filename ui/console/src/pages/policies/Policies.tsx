import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { Navigate, useNavigate, useParams } from "react-router";
import { api } from "../../app/server";
import { useMay } from "../../app/session";
import { Head } from "../../parts/layout";
import { Forbidden, Load, Notice } from "../../parts/states";
import { Editor } from "./Editor";
import { Tabs } from "./Tabs";

/** The policy of one link; without a link in the address, of the first. */
export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const { link } = useParams();
  const links = useQuery({ queryKey: ["policies"], queryFn: api.policies, enabled: may("count.view"), staleTime: 60_000 });
  const policy = useQuery({ queryKey: ["policies", link], queryFn: () => api.policy(link!), enabled: may("count.view") && link !== undefined });
  if (!may("count.view")) return <Forbidden />;
  return (
    <>
      <Head
        title={t("policies.title")}
        below={t("policies.lead")}
        actions={links.data && links.data.rows.length > 1 ? (
          <Select aria-label={t("plan.link")} value={link} options={links.data.rows.map((one) => ({ value: one.link, label: one.name }))} onChange={(next: string) => void navigate(`/policies/${next}`)} />
        ) : null}
      />
      <Tabs />
      {link === undefined ? (
        <Load of={links} isEmpty={({ rows }) => rows.length === 0} empty={<Notice mark="empty" title={t("links.none")} />}>
          {({ rows }) => <Navigate to={`/policies/${encodeURIComponent(rows[0]!.link)}`} replace />}
        </Load>
      ) : <Load of={policy} rows={14}>{(data) => <Editor key={data.link} data={data} />}</Load>}
    </>
  );
}
