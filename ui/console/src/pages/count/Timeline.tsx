import type { TimelineEntry } from "@shared/model";
import { formatClock, formatDay, formatExact } from "@shared/time";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { usePreferences } from "../../app/preferences";
import { api } from "../../app/server";
import { useMay } from "../../app/session";
import { word } from "../../app/words";
import { Panel } from "../../parts/layout";
import { Failed, Notice } from "../../parts/states";
import { useCount } from "./Count";

const SIZE = 50;

/** Everything that happened, newest first, each with the delivery that carried it. */
export function Component() {
  const { t } = useTranslation();
  const { number } = useCount();
  const timeline = useInfiniteQuery({
    queryKey: ["timeline", number],
    queryFn: ({ pageParam }) => api.timeline(number, { limit: SIZE, ...(pageParam === null ? {} : { before: pageParam }) }),
    initialPageParam: null as string | number | null,
    getNextPageParam: ({ rows }) => (rows.length < SIZE ? null : (rows.at(-1)?.id ?? null)),
  });
  if (!timeline.data) {
    return timeline.isError ? <Failed error={timeline.error} retry={() => void timeline.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} title={false} />;
  }
  const rows = timeline.data.pages.flatMap((page) => page.rows);
  if (!rows.length) return <Notice mark="empty" title={t("timeline.none")}>{t("timeline.noneNext")}</Notice>;
  return (
    <Panel>
      <ol className="timeline">
        {rows.map((row, index) => <Entry key={row.id} of={row} before={rows[index - 1]} />)}
      </ol>
      {timeline.hasNextPage ? (
        <Button loading={timeline.isFetchingNextPage} onClick={() => void timeline.fetchNextPage()}>{t("timeline.older")}</Button>
      ) : <p className="quiet small">{t("timeline.start")}</p>}
    </Panel>
  );
}

function Entry({ of, before }: { of: TimelineEntry; before: TimelineEntry | undefined }) {
  const { t } = useTranslation();
  const may = useMay();
  const { language } = usePreferences();
  const day = formatDay(of.at, language);
  return (
    <>
      {day === formatDay(before?.at, language) ? null : <li className="timeline-day">{day}</li>}
      <li className={`timeline-entry timeline-${of.kind}`}>
        <time className="timeline-at num" dateTime={of.at} title={formatExact(of.at, language)}>{formatClock(of.at, language)}</time>
        <span className="timeline-kind">{word("timelineKind", of.kind)}</span>
        <span className="timeline-text">
          {of.text}
          {of.actor ? <span className="quiet"> · {of.actor}</span> : null}
          {of.delivery !== null && may("delivery.view") ? <> · <Link to={`/deliveries/${of.delivery}`}>{t("timeline.delivery")}</Link></> : null}
        </span>
      </li>
    </>
  );
}
