import { type Explanation, type Line, partsOf, type Story } from "@shared/model";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";
import { State } from "./tags";
import { Code, Quantity } from "./values";

/** Opens another line where the reader stands: in the drawer of the same page. */
function Partner({ line, unit, of }: { line: Story["others"][number]; unit: string; of: Line }) {
  const { pathname, search } = useLocation();
  const query = new URLSearchParams(search);
  query.set("line", String(line.line));
  return (
    <Link to={`${pathname}?${query}`} className="nowrap">
      <Code>{[line.bin, line.item === of.item ? "" : line.item, ...partsOf(line)].filter(Boolean).join(" ")}</Code> <Quantity value={line.variance} unit={unit} signed />
    </Link>
  );
}

function Tags({ story }: { story: Story }) {
  const { t } = useTranslation();
  return (
    <div className="tags">
      <State of="suspect" code={story.suspect} />
      {story.transfer ? <span className="tag" title={t("explain.transferNote")}>{t("explain.transfer")}</span> : null}
    </div>
  );
}

/** In a table: what most likely happened, in a sentence, and who seems wrong. */
export function StoryCell({ line }: { line: Line }) {
  const { t } = useTranslation();
  const { explanation } = line;
  const told = explanation?.stories ?? [];
  if (told.length === 0) return null;
  return (
    <div className="story-cell">
      {told.length > 1 ? <div className="small quiet">{t("explain.either")}</div> : null}
      {told.map((story) => (
        <div key={story.cause + story.sentence} className="story">
          <Tags story={story} />
          <div className="small">{story.sentence}</div>
          {story.others.length ? <div className="small story-others">{story.others.map((other) => <Partner key={other.line} line={other} unit={line.unit} of={line} />)}</div> : null}
        </div>
      ))}
    </div>
  );
}

/** In the grid, one line high: who seems wrong and what happened. */
export function StoryWord({ explanation }: { explanation: Explanation | null | undefined }) {
  const { t } = useTranslation();
  const [story] = explanation?.stories ?? [];
  if (!explanation || !story) return <span className="quiet">—</span>;
  const causes = explanation.stories.map(({ cause }) => t(`cause.${cause}`));
  return <span className="nowrap"><State of="suspect" code={story.suspect} /> {causes.join(" / ")}</span>;
}

function sure(story: Story, t: ReturnType<typeof useTranslation>["t"]): string {
  return story.one_in === null || story.sure === "strong" ? t("explain.strong") : t("explain.oneIn", { sizes: story.one_in });
}

function StoryFacts({ story, line }: { story: Story; line: Line }) {
  const { t } = useTranslation();
  return (
    <div className="story">
      <div className="story-head"><b>{t(`cause.${story.cause}`)}</b> <Tags story={story} /></div>
      <p>{story.sentence}</p>
      <p className="small quiet">{sure(story, t)}{story.transfer ? <> {t("explain.transferNote")}</> : null}</p>
      {story.others.length ? (
        <p className="small story-others"><span className="quiet">{t("explain.partner")}</span> {story.others.map((other) => <Partner key={other.line} line={other} unit={line.unit} of={line} />)}</p>
      ) : null}
    </div>
  );
}

/** In the line's drawer: every story that is told, with what speaks for it. */
export function Stories({ line, explanation }: { line: Line; explanation: Explanation | null }) {
  const { t } = useTranslation();
  if (explanation === null) return null;
  const { stories, gap } = explanation;
  return (
    <section className="drawer-part">
      <h3>{t("explain.title")}</h3>
      {stories.length === 0 && gap === null ? <p className="quiet">{t("explain.none")}</p> : null}
      {stories.length > 1 ? <p className="quiet">{t("explain.either")}</p> : null}
      {stories.map((story) => <StoryFacts key={story.cause + story.sentence} story={story} line={line} />)}
      {gap ? <><p className="small quiet">{t("explain.gap")}</p><StoryFacts story={gap} line={line} /></> : null}
    </section>
  );
}
