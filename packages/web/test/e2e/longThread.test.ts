/** A conversation of 10,000 messages. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { chromiumPath, launchBrowser, openPage, screenshot, signIn, startServer } from "../support/openApp.ts"
import { seedMessages } from "../support/seedMessages.ts"

const messages = 10_000
/** Far fewer than there are; those in sight, and a screen or two around them. */
const maxRows = 120

/** The numbers of the messages in the page, from top to bottom. */
const shown = (page: Page): Promise<ReadonlyArray<number>> =>
  page.locator(".thread-column article").evaluateAll((rows) =>
    rows
      // One that was not measured yet is laid out unseen.
      .filter((row) => getComputedStyle(row).visibility === "visible")
      .map((row) => ({ top: row.getBoundingClientRect().top, number: Number(/Message (\d+)/.exec(row.textContent ?? "")?.[1]) }))
      .sort((a, b) => a.top - b.top)
      .map(({ number }) => number)
  )

/** Up by so many windows, or to the first message that is there; then a few frames of rest. */
const scrollUp = async (page: Page, windows: number): Promise<void> => {
  await page.locator(".thread-scroll").evaluate(async (box, by) => {
    box.scrollTop -= by * box.clientHeight
    for (let frame = 0; frame < 3; frame++) await new Promise((resolve) => requestAnimationFrame(resolve))
  }, windows)
}

/** Windows that are gone through one by one, over the border of what was there at first; then whole pages of messages at a time. */
const singleSteps = 60
const maxSteps = 600

describe.skipIf(chromiumPath === "")("a conversation of 10,000 messages", () => {
  it.live("opens at its end, and is whole and in order on the way to its beginning, a few rows at a time", () =>
    Effect.gen(function* () {
      const { env, parley } = yield* startServer
      const browser = yield* launchBrowser
      const { faults, page } = yield* Effect.promise(() => openPage(browser))
      const id = yield* Effect.promise(async () => {
        await signIn(page, parley.url, parley.key)
        const made = await page.request.post(`${parley.url}/api/conversations`, {
          data: { title: "Long" },
          headers: { origin: parley.url }
        })
        return String((await made.json()).id)
      })
      yield* seedMessages(env["DATABASE_URL"] ?? "", messages)
      const pages: Array<string> = []
      page.on("request", (request) => {
        if (/\/messages\?/.test(request.url())) pages.push(request.url())
      })
      yield* Effect.promise(async () => {
        await page.goto(`${parley.url}/c/${id}`)
        await page.getByText(`Message ${messages}`, { exact: false }).waitFor()
        assert.strictEqual((await shown(page)).at(-1), messages)
        assert.deepStrictEqual(pages, [], "nothing older is read before it is wanted")
        await screenshot(page, "long-thread")
        let most = 0
        let first = (await shown(page))[0] ?? 0
        for (let step = 0; first > 1 && step < maxSteps; step++) {
          await scrollUp(page, step < singleSteps ? 0.9 : messages)
          const rows = await shown(page)
          const top = rows[0] ?? 0
          assert.deepStrictEqual(
            rows,
            Array.from(rows, (_, index) => top + index),
            "in order, none twice, none missing"
          )
          if (step < singleSteps) assert.isAtLeast(rows.at(-1) ?? 0, first, "nothing was jumped over")
          assert.isAtMost(top, first, "what is read is not pushed away by what comes before it")
          most = Math.max(most, rows.length)
          first = top
        }
        assert.strictEqual(first, 1)
        assert.isAtMost(most, maxRows)
        assert.isAtMost(pages.length, messages / 200 + 1, "every page was read once")
      })
      assert.deepStrictEqual(faults, [])
    })
  )
})
