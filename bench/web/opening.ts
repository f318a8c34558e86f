/** From a click on its address to a page that can be written in, with an empty cache and a server that is there. */
import { noticedIn, until, visit } from "./Contestant.ts"
import { compared, ours, streaming } from "./Stage.ts"
import type { Found, Stage } from "./Stage.ts"

const paintTargetMs = 1_000

export const opening = async (stage: Stage): Promise<Found> => {
  const rows = await compared(stage, 5, async (contestant) => {
    const opened = await visit(stage.browser, contestant, streaming)
    try {
      await until(opened.page, "painted")
      await until(opened.page, "interactive")
      const paintMs = await opened.page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime")
      const { interactiveMs } = await noticedIn(opened)
      return { paintMs, interactiveMs }
    } finally {
      await opened.end()
    }
  })
  return {
    section: {
      title: "opening with an empty cache",
      rows: rows.map(([name, { interactiveMs, paintMs }]) => ({
        "": name,
        "first paint ms": paintMs,
        "can be written in ms": interactiveMs
      }))
    },
    targets: [{ name: "first paint, cold", asked: paintTargetMs, bound: "at most", measured: ours(rows).paintMs, unit: "ms" }]
  }
}
