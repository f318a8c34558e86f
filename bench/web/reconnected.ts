/** A connection that is cut while 50 conversations are open, until the page is told again of all of them. The other page has no connection. */
import { inParallel } from "../load/inParallel.ts"
import { createConversations } from "../load/createConversations.ts"
import { until, visit } from "./Contestant.ts"
import { parleyApp } from "./contestants.ts"
import { openRelay } from "./Relay.ts"
import { median } from "../harness/Statistics.ts"
import { remembering } from "./Stage.ts"
import type { Found, Stage } from "./Stage.ts"

const conversations = 50

interface Sockets {
  readonly lostAt: number
  readonly triedAt: number
  readonly caughtUpAt: number
}

export const reconnected = async ({ browser, options }: Stage, port: number, key: string): Promise<Found> => {
  const relay = await openRelay(port)
  const ids = await createConversations(port, key, conversations)
  await inParallel(4, ids, (id) => ask(port, key, id))
  const opened = await visit(browser, await parleyApp(browser, relay.port, key), remembering)
  const followsAll = () => until(opened.page, "following", conversations)
  try {
    for (const id of ids) {
      await opened.page.evaluate(`history.pushState(null, "", "/c/${id}")`)
      await opened.page.locator(".answer").waitFor()
    }
    await followsAll()
    const rounds: Array<Sockets> = []
    for (let round = 0; round < options.rounds; round++) {
      const before = await opened.page.evaluate<number>("bench.sockets.openings")
      relay.cut()
      await until(opened.page, "reopened", before)
      await followsAll()
      rounds.push(await opened.page.evaluate<Sockets>("bench.sockets"))
    }
    return {
      section: {
        title: `a cut connection, ${conversations} conversations open`,
        rows: [
          {
            "": "Parley",
            "pause before the try, ms": median(rounds.map(({ lostAt, triedAt }) => triedAt - lostAt)),
            "from the try to caught up, ms": median(rounds.map(({ caughtUpAt, triedAt }) => caughtUpAt - triedAt))
          }
        ]
      },
      targets: []
    }
  } finally {
    await opened.end()
    relay.stop()
  }
}

/** One question in each, so that there is something to show. */
const ask = async (port: number, key: string, id: string): Promise<void> => {
  const response = await fetch(`http://127.0.0.1:${port}/api/conversations/${id}/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "idempotency-key": id },
    body: JSON.stringify({ clientMessageId: id, model: remembering, content: [{ type: "text", text: "Say hello." }] })
  })
  if (!response.ok) throw new Error(`no answer: ${response.status} ${await response.text()}`)
}
