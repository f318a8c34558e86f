/** A conversation of 10,000 messages. */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { vi } from "vitest"
import type { Parley } from "../../../cli/test/e2e/support/startParley.ts"
import { answer, type WireServer } from "../../../providers/test/wire/WireServer.ts"
import { forgetFrames, framesPass, noticedIn, watchFrames } from "../support/frames.ts"
import {
  showList,
  chromiumPath,
  desktop,
  launchBrowser,
  leavesNoPage,
  moving,
  openPageAgain,
  patience,
  places,
  say,
  screenshot,
  signIn,
  startServer,
  onPhone
} from "../support/openApp.ts"
import { seedMessages } from "../support/seedMessages.ts"

const messages = 10_000
/** Far fewer than there are; those in sight, and a screen or two around them. */
const maxRows = 120
/** A frame's rows, once more when their heights are known, and a page of messages that comes in between. */
const maxCommits = 3

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

const inOrder = async (page: Page): Promise<ReadonlyArray<number>> => {
  const rows = await shown(page)
  assert.deepStrictEqual(
    rows,
    Array.from(rows, (_, index) => (rows[0] ?? 0) + index)
  )
  return rows
}

/** Up by so many windows, or to the first message that is there; then a few frames of rest. */
const scrollUp = async (page: Page, windows: number): Promise<void> => {
  await page.locator(".thread-scroll").evaluate(async (box, by) => {
    box.scrollTop -= by * box.clientHeight
    for (let frame = 0; frame < 3; frame++) await new Promise((resolve) => requestAnimationFrame(resolve))
  }, windows)
}

/** Down by so many windows, as far as there is something; then a few frames of rest. */
const scrollDown = (page: Page, windows: number): Promise<void> => scrollUp(page, -windows)

interface Ride {
  /** What a reader would have seen nothing at: how far it was scrolled, and the first height without a row. */
  readonly blanks: ReadonlyArray<string>
  /** Rows that moved otherwise than they were scrolled. */
  readonly jumps: ReadonlyArray<string>
  readonly mostRows: number
}

/** Scrolls by one step in each frame, and looks at what was painted. */
const ride = (page: Page, steps: ReadonlyArray<number>): Promise<Ride> =>
  page.locator(".thread-scroll").evaluate(async (box, by) => {
    const painted = () =>
      new Promise((resolve) => {
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel()
          port1.addEventListener("message", resolve)
          port1.start()
          port2.postMessage(0)
        })
      })
    const blanks: Array<string> = []
    const jumps: Array<string> = []
    let mostRows = 0
    for (const step of by) {
      const before = [...box.querySelectorAll(".thread-row")].map((row) => ({ row, top: row.getBoundingClientRect().top }))
      const from = box.scrollTop
      box.scrollTop += step
      const scrolled = box.scrollTop - from
      await painted()
      for (const { row, top } of before) {
        const moved = row.getBoundingClientRect().top - top
        if (row.isConnected && Math.abs(moved + scrolled) > 1) jumps.push(`${from}: by ${moved} and not ${-scrolled}`)
      }
      const { bottom, top } = box.getBoundingClientRect()
      const rows = [...box.querySelectorAll(".thread-row")].map((row) => row.getBoundingClientRect())
      mostRows = Math.max(mostRows, rows.length)
      // There is a little room before the first and after the last message.
      const isEdge = box.scrollTop < 60 || box.scrollHeight - box.scrollTop - box.clientHeight < 60
      let seen = top
      for (const row of rows) if (row.top <= seen + 1) seen = Math.max(seen, row.bottom)
      if (seen < bottom && !isEdge) blanks.push(`${box.scrollTop}: ${seen - top}`)
    }
    return { blanks, jumps, mostRows }
  }, steps)

/** The same numbers each time, from 0 to 1. */
const chances = (count: number): ReadonlyArray<number> => {
  let state = 1
  return Array.from({ length: count }, () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647)
}

/** Windows that are gone through one by one, over the border of what was there at first; then whole pages of messages at a time. */
const singleSteps = 60
const maxSteps = 600

/** One long conversation for all, and its address. */
class Long extends Context.Service<
  Long,
  { readonly wire: WireServer; readonly parley: Parley; readonly browser: Browser; readonly id: string }
>()("@parley/web/test/Long") {
  static readonly layer = Layer.effect(
    Long,
    Effect.gen(function* () {
      const { env, parley, wire } = yield* startServer
      const made = yield* Effect.promise(() =>
        fetch(`${parley.url}/api/conversations`, {
          method: "POST",
          body: JSON.stringify({ title: "Long" }),
          headers: { authorization: `Bearer ${parley.key}`, "content-type": "application/json" }
        }).then((response) => response.json())
      )
      yield* seedMessages(env["DATABASE_URL"] ?? "", messages)
      return { wire, parley, browser: yield* launchBrowser, id: String(Object(made).id) }
    })
  )
}

const opened = Effect.fnUntraced(function* (
  prepare: (page: Page) => Promise<unknown> = async () => {},
  place: BrowserContextOptions = desktop
) {
  const { browser, parley } = yield* Long
  yield* leavesNoPage(browser)
  const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...moving, ...place }))
  yield* Effect.promise(() => prepare(page))
  const pages: Array<string> = []
  page.on("request", (request) => {
    if (/\/messages\?/.test(request.url())) pages.push(request.url())
  })
  yield* Effect.promise(() => signIn(page, parley.url, parley.key))
  return { faults, page, pages }
})

describe.skipIf(chromiumPath === "")("a conversation of 10,000 messages", () => {
  layer(Long.layer, { excludeTestServices: true })((it) => {
    it.effect.each(onPhone)(
      "opens at its end, and is whole and in order on the way to its beginning, a few rows at a time: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { id, parley } = yield* Long
          const { faults, page, pages } = yield* opened(undefined, place)
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
              // A page of messages is read from the server, however long that takes.
              if (step >= singleSteps) await vi.waitUntil(async () => ((await shown(page))[0] ?? first) < first, patience)
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

    it.effect.each(places)(
      "is scrolled through without a blank at any time: few rows are in the page, and few renders in a frame: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { id, parley } = yield* Long
          const { faults, page } = yield* opened(watchFrames, place)
          yield* Effect.promise(async () => {
            await page.goto(`${parley.url}/c/${id}`)
            await page.getByText(`Message ${messages}`, { exact: false }).waitFor()
            // What else the page asks for as it opens is rendered when it comes.
            await page.getByRole("button", { name: /^Model/ }).waitFor()
            await page.getByRole("link", { name: "Long", exact: true, includeHidden: true }).waitFor({ state: "attached" })
            await framesPass(page, 3)
            await forgetFrames(page)
            const up = await ride(
              page,
              Array.from({ length: 120 }, () => -700)
            )
            const there = await ride(
              page,
              chances(40).map((chance) => (chance - 0.5) * 40_000)
            )
            const down = await ride(
              page,
              Array.from({ length: 60 }, () => 900)
            )
            // Whoever is thrown about by the scroll bar reads nothing that could be moved; rows that were never seen get their heights there.
            for (const { jumps } of [up, down]) assert.deepStrictEqual(jumps, [])
            for (const { blanks, mostRows } of [up, there, down]) {
              assert.deepStrictEqual(blanks, [])
              assert.isAtMost(mostRows, maxRows)
            }
            const { mostCommits } = await noticedIn(page)
            assert.isAtMost(mostCommits, maxCommits)
            await inOrder(page)
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    // Each time it is said something more.
    let newest = messages
    it.effect.each(places)(
      "is opened by a search at the message that was found, far up, marked; and read on from there, or left for its end: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { parley, wire } = yield* Long
          const { faults, page, pages } = yield* opened(undefined, place)
          const found = page.locator("[data-found=true]")
          const search = async (number: number) => {
            await showList(page)
            await page.getByRole("searchbox").fill(`message ${number}`)
            await page
              .getByRole("link", { name: new RegExp(`Message ${number}`) })
              .first()
              .click()
            await found.getByText(`Message ${number}`).waitFor()
            // In sight, and where one reads on.
            await vi.waitUntil(async () => {
              const [row, box] = [await found.boundingBox(), await page.locator(".thread-scroll").boundingBox()]
              if (row === null || box === null || row.y <= box.y || row.y + row.height >= box.y + box.height) return false
              return found.evaluate((marked) => marked === document.activeElement)
            }, patience)
          }
          yield* Effect.promise(async () => {
            await search(4_321)
            assert.strictEqual(pages.length, 2, "what lies between is not read")
            await screenshot(page, "found")
            assert.include(await inOrder(page), 4_321)
            for (let step = 0, last = 4_321; last < 4_500 && step < maxSteps; step++) {
              await scrollDown(page, 0.9)
              last = (await inOrder(page)).at(-1) ?? 0
            }
            assert.isAtMost(pages.length, 4)
            await search(8_642)
            await search(4_321)
            await page.getByRole("button", { name: "To the latest message" }).click()
            await page.getByText(`Message ${newest}`).waitFor()
            assert.strictEqual((await inOrder(page)).at(-1), newest)
            await search(1_234)
            wire.enqueue(answer(`Message ${newest + 2}, at the end.`))
            await say(page, `Message ${newest + 1}: and now?`)
            await page.getByText(`Message ${newest + 2}, at the end.`).waitFor()
            await page.getByText(`Message ${newest}`).waitFor()
            await page.getByRole("button", { name: "To the latest message" }).waitFor({ state: "hidden" })
            const told = page.getByText("This message is not there any more.").waitFor()
            await page.goto(`${parley.url}/c/${(await page.evaluate(() => location.pathname)).slice(3)}#msg_${"9".repeat(26)}`)
            await told
          })
          assert.include(JSON.stringify(wire.requests.at(-1)?.body), `Message ${newest}`, "it follows the newest message")
          newest += 2
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
