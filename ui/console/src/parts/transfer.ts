import type { Line } from "@shared/model";

type Chosen = Pick<Line, "id" | "variance">;

/** The line and those its goods went to or came from, where its one likely story is that they only changed place, lot or status. */
export function transferOf({ id, variance, explanation }: Pick<Line, "id" | "variance" | "explanation">): Chosen[] {
  const [story] = explanation?.decided ? explanation.stories : [];
  return story?.transfer ? [{ id, variance }, ...story.others.map((other) => ({ id: other.line, variance: other.variance }))] : [];
}

/** Every line of the transfers these lines belong to, once; none where one of them belongs to none. */
export function transfersOf(lines: Pick<Line, "id" | "variance" | "explanation">[]): Chosen[] {
  const groups = lines.map(transferOf);
  if (groups.some((group) => group.length === 0)) return [];
  return [...new Map(groups.flat().map((line) => [line.id, line])).values()];
}
