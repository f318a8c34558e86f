/** What the page holds after a long conversation: after a collection, as it stands on the screen. */
import { converse, metricsOf, visit } from "./Contestant.ts"
import { compared, remembering } from "./Stage.ts"
import type { Found, Stage } from "./Stage.ts"

const answers = 100

export const remembered = async (stage: Stage): Promise<Found> => {
  const rows = await compared(stage, 1, async (contestant) => {
    const opened = await visit(stage.browser, contestant, remembering)
    const read = async () => {
      await opened.cdp.send("HeapProfiler.collectGarbage")
      return metricsOf(opened)
    }
    try {
      await converse(opened.page, "Question 1.")
      const first = await read()
      for (let n = 2; n <= answers; n++) await converse(opened.page, `Question ${n}.`)
      const last = await read()
      return { first: first.JSHeapUsedSize / 1e6, last: last.JSHeapUsedSize / 1e6, nodes: last.Nodes }
    } finally {
      await opened.end()
    }
  })
  return {
    section: {
      title: `one conversation of ${answers} answers, 200 tokens each`,
      rows: rows.map(([name, { first, last, nodes }]) => ({
        "": name,
        "heap after 1, MB": first,
        [`heap after ${answers}, MB`]: last,
        "nodes of the page": nodes
      }))
    },
    targets: []
  }
}
