import { ApiError } from "@shared/http";
import type { UseQueryResult } from "@tanstack/react-query";
import { Button, Skeleton } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

/** The sentence to show for a failure: the server's own, ours only when no server answered. */
export function useSentence(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof ApiError)) return t("failure.page");
    return error.unreachable ? t("failure.unreachable", { detail: error.message }) : error.message;
  };
}

interface NoticeProps {
  mark: "empty" | "bad" | "locked";
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

const MARKS = { empty: "○", bad: "!", locked: "⌀" };

export function Notice({ mark, title, children, action }: NoticeProps) {
  return (
    <div className={`notice notice-${mark}`} role={mark === "empty" ? "status" : "alert"}>
      <span className="notice-mark" aria-hidden="true">{MARKS[mark]}</span>
      <div>
        <p className="notice-title">{title}</p>
        {children ? <div className="notice-text">{children}</div> : null}
        {action ? <div className="notice-action">{action}</div> : null}
      </div>
    </div>
  );
}

export function Forbidden({ error }: { error?: ApiError | undefined }) {
  const { t } = useTranslation();
  return (
    <Notice mark="locked" title={t("failure.forbidden")}>
      {error ? error.message : t("failure.forbiddenNext")}
    </Notice>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const { t } = useTranslation();
  const sentence = useSentence();
  if (error instanceof ApiError && error.forbidden) return <Forbidden error={error} />;
  return (
    <Notice
      mark="bad"
      title={t("failure.title")}
      action={retry ? <Button onClick={retry}>{t("action.retry")}</Button> : null}
    >
      <p>{sentence(error)}</p>
      {error instanceof ApiError && error.id ? <p className="quiet">{t("failure.id")} <span className="code">{error.id}</span></p> : null}
    </Notice>
  );
}

interface LoadProps<Data> {
  of: UseQueryResult<Data>;
  /** Lines of grey while the first answer is on its way. */
  rows?: number;
  isEmpty?: (data: Data) => boolean;
  empty?: ReactNode;
  children: (data: Data) => ReactNode;
}

/** Loading, failed, forbidden, empty or there: every list is one of these. Old data stays when a refresh fails, and says so. */
export function Load<Data>({ of, rows = 6, isEmpty, empty, children }: LoadProps<Data>) {
  const { t } = useTranslation();
  const sentence = useSentence();
  if (of.data === undefined) {
    if (of.isError) return <Failed error={of.error} retry={() => void of.refetch()} />;
    return (
      <div className="loading" aria-busy="true" aria-label={t("state.loading")}>
        <Skeleton active title={false} paragraph={{ rows, width: "100%" }} />
      </div>
    );
  }
  return (
    <>
      {of.isError ? (
        <div className="stale" role="alert">
          {t("failure.stale")} {sentence(of.error)}
          <Button size="small" type="link" onClick={() => void of.refetch()}>{t("action.retry")}</Button>
        </div>
      ) : null}
      {isEmpty?.(of.data) ? empty : children(of.data)}
    </>
  );
}
