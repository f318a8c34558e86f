/** One answer of 1,000 tokens in Markdown, 150 a second, in a page that has shown such an answer before. */
import { markdownTokensPerSecond } from "../harness/Workload.ts"
import { ask, converse, metricsOf, noticedIn, until, visit } from "./Contestant.ts"
import type { Contestant } from "./Contestant.ts"
import { compared, ours, streamedTokens, streaming } from "./Stage.ts"
import { markdownToken } from "./markdownText.ts"
import type { Found, Stage } from "./Stage.ts"

/** Whole words near the end of the text, without its marks. */
const lastWords = Array.from({ length: 41 }, (_, index) => markdownToken(streamedTokens - 41 + index))
  .join("")
  .replace(/\(https[^)]*\)/, "")
  .split(/[^a-z]+/)
  .slice(1, -1)

export const streamed = async (stage: Stage): Promise<Found> => {
  const rows = await compared(stage, 3, (contestant) => streamOnce(stage, contestant))
  const { layoutShift, mostRenders } = ours(rows)
  return {
    section: {
      title: `${streamedTokens} tokens of Markdown, ${markdownTokensPerSecond} a second`,
      rows: rows.map(([name, one]) => ({
        "": name,
        "script ms": one.scriptMs,
        "style ms": one.styleMs,
        "layout ms": one.layoutMs,
        "all work ms": one.taskMs,
        "renders/frame": one.renders / one.worked,
        "at most": one.mostRenders,
        "long tasks": one.longTasks,
        "longest ms": one.longestTaskMs,
        "layout shift": one.layoutShift
      }))
    },
    targets: [
      { name: "renders in one animation frame", asked: 1, bound: "at most", measured: mostRenders, unit: "" },
      { name: "layout shift while streaming", asked: 0, bound: "at most", measured: layoutShift, unit: "" }
    ]
  }
}

const streamOnce = async (stage: Stage, contestant: Contestant) => {
  const opened = await visit(stage.browser, contestant, streaming)
  try {
    await converse(opened.page, "The first question")
    const before = await metricsOf(opened)
    const beganAt = performance.now()
    await ask(opened.page, "The second question")
    // Frames count from here: those before showed what was typed.
    await opened.page.evaluate("bench.reset()")
    await until(opened.page, "answered")
    const after = await metricsOf(opened)
    const seconds = (performance.now() - beganAt) / 1_000
    if (seconds < streamedTokens / markdownTokensPerSecond)
      throw new Error(`${contestant.name}: ended after ${seconds} s, before its answer`)
    const shown = await opened.page.locator(".answer").last().innerText()
    if (!lastWords.every((word) => shown.includes(word)))
      throw new Error(`${contestant.name}: the answer is not whole: ${shown.slice(-200)}`)
    const perThousand = (name: "ScriptDuration" | "TaskDuration" | "LayoutDuration" | "RecalcStyleDuration"): number =>
      ((after[name] - before[name]) * 1e6) / streamedTokens
    return {
      ...(await noticedIn(opened)),
      scriptMs: perThousand("ScriptDuration"),
      styleMs: perThousand("RecalcStyleDuration"),
      layoutMs: perThousand("LayoutDuration"),
      taskMs: perThousand("TaskDuration")
    }
  } finally {
    await opened.end()
  }
}
