import type { TextName } from "../../i18n/texts.ts"

export interface TimeGroup<T> {
  readonly title: Extract<TextName, "list.today" | "list.yesterday" | "list.week" | "list.month" | "list.older">
  readonly items: ReadonlyArray<T>
}

const dayMs = 86_400_000

/** Newest first, by the days of this device's clock. A time in the future, from a clock that is off, counts as today. */
export const groupByTime = <T extends { readonly updatedAtMs: number }>(
  items: ReadonlyArray<T>,
  now: Date
): ReadonlyArray<TimeGroup<T>> => {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime()
  const from = [
    { title: "list.today", startMs: today },
    // By the calendar: a day in which the clocks change is not 24 hours long.
    { title: "list.yesterday", startMs: new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1).getTime() },
    { title: "list.week", startMs: today - 7 * dayMs },
    { title: "list.month", startMs: today - 30 * dayMs },
    { title: "list.older", startMs: -Infinity }
  ] as const
  const groups: Array<TimeGroup<T>> = []
  let rest = items
  for (const { startMs, title } of from) {
    const inside = rest.filter(({ updatedAtMs }) => updatedAtMs >= startMs)
    if (inside.length > 0) groups.push({ title, items: inside })
    rest = rest.filter(({ updatedAtMs }) => updatedAtMs < startMs)
  }
  return groups
}
