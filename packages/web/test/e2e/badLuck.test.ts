/** Bad luck: what cannot be shown nicely, and connections, servers and tabs that come and go. Nothing is lost, and nothing doubled. */
import { assert, describe, layer } from "@effect/vitest"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Redacted } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import type { Page } from "playwright-core"
import { vi } from "vitest"
import { startParley } from "../../../cli/test/e2e/support/startParley.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { openFrontDoor } from "../support/frontDoor.ts"
import { beginsInTheMiddle, isWholeAgain } from "../support/sessionOver.ts"
import {
  App,
  asDarkPhone,
  chromiumPath,
  composer,
  ended,
  hideList,
  openPage,
  openPageAgain,
  patience,
  say,
  screenshot,
  showList,
  places,
  signIn,
  freshApp,
  goOffline,
  goOnline,
  startServer,
  withoutWorker
} from "../support/openApp.ts"
import { onDevice } from "../support/onDevice.ts"

const longCode = Array.from({ length: 4_000 }, (_, line) => `const value${line} = ${line} * 2 // line ${line}`).join("\n")
const longLine = "0123456789".repeat(10_000)
/** Of letters, which a font sets closer to some than to others. */
const longWord = "AVzTo".repeat(20_000)

/** In the page, before anything of it: how many sockets are dialled or open, and how many frames came over all there ever were. */
const countSockets = () => {
  const count = { there: 0, heard: 0 }
  class Counted extends WebSocket {
    constructor(url: string | URL, protocols?: string | Array<string>) {
      super(url, protocols)
      count.there++
      this.addEventListener("close", () => void count.there--)
      this.addEventListener("message", () => void count.heard++)
    }
  }
  Object.assign(globalThis, { WebSocket: Counted, socketCount: count })
}

const sockets = (page: Page) => page.evaluate<{ readonly there: number; readonly heard: number }>("socketCount")

/** Whether this device has it for the next time that there is no network. */
const isKept = async (page: Page, text: string): Promise<boolean> => (await onDevice(page, "kept")).text.includes(text)

const hourMs = 3_600_000

/** As if all sessions had been begun so long ago that their time is over now: nobody is told of it, as of one that is withdrawn. */
const runOut = (databaseUrl: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.makeClient({ url: Redacted.make(databaseUrl) })
    yield* sql`update sessions set created_at_ms = created_at_ms - ${hourMs}, expires_at_ms = last_used_at_ms`
  }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))

describe.skipIf(chromiumPath === "")("bad luck", () => {
  // Open sockets are looked at once a second, so that a session's end is not waited for.
  layer(App.layerWith({ PARLEY_KEY_CHECK_SECONDS: "1" }), { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "a huge block of code, a line and a word of 100,000 characters, marks that never close and characters cut in two end as they were sent: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          const family = "👩‍👩‍👧‍👦 e\u0301 🇩🇪"
          wire.enqueue(
            answer([`\`\`\`ts\n${longCode.slice(0, 50_000)}`, `${longCode.slice(50_000)}\n\`\`\`\n\n`, `${longLine}\n\n`]),
            answer(
              [...family]
                .flatMap((character) => character.split(""))
                .concat([" **never closed `nor this [nor that](http://", "\n\n| a | b |\n|--"])
            )
          )
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...withoutWorker, ...place }))
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            // With kerning a word of that length takes seconds to lay out.
            const isUnkerned = (of: string) =>
              page.waitForFunction((words) => {
                const last = [...document.querySelectorAll(words)].at(-1)
                return last !== undefined && getComputedStyle(last).fontKerning === "none"
              }, of)
            await say(page, "Much, please")
            await ended(page).waitFor()
            await isUnkerned(".markdown > p > *")
            assert.strictEqual((await page.locator(".md-code code").innerText()).trimEnd(), longCode)
            assert.strictEqual(await page.locator(".markdown > p").last().innerText(), longLine)
            const { client, scroll } = await page.evaluate(() => ({
              client: document.documentElement.clientWidth,
              scroll: document.documentElement.scrollWidth
            }))
            assert.strictEqual(scroll, client, "the page does not scroll sideways")
            await say(page, longWord)
            await page.getByText(family).waitFor()
            await ended(page).waitFor()
            assert.strictEqual(await page.locator(".bubble").last().innerText(), longWord)
            await isUnkerned(".bubble > *")
            assert.include(await page.locator(".markdown").last().innerText(), "never closed")
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "what is written offline waits, survives a reload of the kept app, and goes out once: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("First."), answer("Second."))
          const { page } = yield* Effect.promise(() => openPage(browser, place))
          yield* Effect.promise(async () => {
            await page.clock.install()
            await signIn(page, parley.url, parley.key)
            await say(page, "While online")
            await ended(page).waitFor()
            await page.evaluate(() => navigator.serviceWorker.ready)
            await goOffline(page)
            await say(page, "While offline")
            await page.getByText("Waiting to be sent").waitFor()
            await vi.waitUntil(() => isKept(page, "First."), patience)
            await screenshot(page, "offline")
            assert.strictEqual(wire.requests.length, 1)
            await page.reload()
            await page.getByText("First.").waitFor()
            await showList(page)
            await page.getByRole("link", { name: "While online" }).waitFor()
            await hideList(page)
            await page.getByText("While offline").waitFor()
            await goOnline(page)
            await page.getByText("Second.").waitFor()
            assert.strictEqual(await page.getByText("While offline", { exact: true }).count(), 1)
          })
          assert.strictEqual(wire.requests.length, 2)
        })
    )

    it.effect("two tabs show the same answer, and the server may be killed in the middle of it", () =>
      Effect.gen(function* () {
        const { browser } = yield* freshApp
        const { env, parley, wire } = yield* startServer
        const door = yield* openFrontDoor
        door.leadTo(parley.url)
        wire.enqueue(
          answer(["Before the fall, ", "never sent"], { holdAfter: 1 }),
          answer(["and after it,", " whole."], { holdAfter: 1 })
        )
        const first = yield* Effect.promise(() => openPage(browser, withoutWorker))
        yield* Effect.promise(async () => {
          await signIn(first.page, door.url, parley.key)
          await say(first.page, "Hold on")
          await first.page.getByText("Before the fall,").waitFor()
        })
        const second = yield* Effect.promise(() => first.page.context().newPage())
        yield* Effect.promise(async () => {
          await asDarkPhone(second)
          await second.goto(first.page.url())
          await second.getByText("Before the fall,").waitFor()
        })
        yield* parley.stop("SIGKILL")
        door.shut()
        yield* Effect.promise(() => first.page.getByText("The connection was lost.").waitFor())
        door.leadTo((yield* startParley(env)).url)
        yield* Effect.promise(async () => {
          for (const page of [first.page, second]) {
            // As when the network is back: else the pause before the next try may be the longest one.
            await page.evaluate(() => dispatchEvent(new Event("online")))
            await page.getByText("and after it,").waitFor()
          }
        })
        const again = yield* wire.received(1)
        again.release()
        yield* Effect.promise(async () => {
          for (const page of [first.page, second]) {
            await ended(page).waitFor()
            await page.getByText("The server was restarted; the answer went on").waitFor()
            assert.strictEqual(await page.locator(".bubble").count(), 1)
            assert.strictEqual(await page.locator(".answer").count(), 1)
          }
          assert.strictEqual(
            await first.page.locator(".answer .markdown").innerText(),
            await second.locator(".answer .markdown").innerText()
          )
          assert.strictEqual(await composer(first.page).isEnabled(), true)
        })
      })
    )

    it.effect.each(places)(
      "a tab that slept for an hour in the middle of an answer, and whose connection was cut meanwhile, has it whole and once: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          const door = yield* openFrontDoor
          door.leadTo(parley.url)
          wire.enqueue(answer(["Before sleep, ", "while it slept."], { holdAfter: 1 }), answer("Once more."))
          const { faults, page } = yield* Effect.promise(() => openPage(browser, { ...withoutWorker, ...place }))
          yield* Effect.promise(async () => {
            await page.clock.install()
            await signIn(page, door.url, parley.key)
            await say(page, "Wait for me")
            await page.getByText("Before sleep,").waitFor()
            // Asleep: no pause of the app's ends by itself from here on.
            await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1_000)
            door.shut()
          })
          const request = yield* wire.received(0)
          request.release()
          yield* request.completed
          yield* Effect.promise(async () => {
            door.leadTo(parley.url)
            await page.clock.fastForward(hourMs)
            await page.clock.resume()
            await ended(page).waitFor()
            assert.strictEqual(await page.locator(".answer .markdown").innerText(), "Before sleep, while it slept.")
            await say(page, "And again")
            await page.getByText("Once more.").waitFor()
            assert.strictEqual(await page.locator(".bubble").count(), 2)
            assert.strictEqual(await page.locator(".answer").count(), 2)
          })
          assert.strictEqual(wire.requests.length, 2)
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "a session that runs out in the middle of an answer says so; after signing in again all is there: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          const { env } = yield* App
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...withoutWorker, ...place }))
          yield* Effect.promise(() => signIn(page, parley.url, parley.key))
          yield* beginsInTheMiddle(page, wire)
          yield* runOut(env["DATABASE_URL"] ?? "")
          yield* Effect.promise(async () => {
            await page.getByText("Your session is over.").waitFor()
            await screenshot(page, "session-ran-out")
          })
          yield* isWholeAgain(page, wire, parley.key)
          assert.strictEqual(wire.requests.length, 1)
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("a lost connection is tried again at once when that is asked for: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        const door = yield* openFrontDoor
        door.leadTo(parley.url)
        wire.enqueue(answer("Over the new one."))
        const { faults, page } = yield* Effect.promise(() => openPage(browser, { ...withoutWorker, ...place }))
        yield* Effect.promise(async () => {
          await page.addInitScript(countSockets)
          await page.clock.install()
          await signIn(page, door.url, parley.key)
          door.shut()
          await page.getByText("The connection was lost.").waitFor()
          // From here on no pause of the app's ends: once what it dialled until now is refused, it does not connect by itself.
          await page.clock.pauseAt(Date.now() + 3_600_000)
          await vi.waitUntil(async () => (await sockets(page)).there === 0, patience)
          const { heard } = await sockets(page)
          door.leadTo(parley.url)
          await page.getByRole("button", { name: "Try now" }).click()
          await vi.waitUntil(async () => (await sockets(page)).heard > heard, patience)
          await page.clock.resume()
          await page.getByText("The connection was lost.").waitFor({ state: "detached" })
          await say(page, "Are you back?")
          await page.getByText("Over the new one.").waitFor()
        })
        assert.deepStrictEqual(faults, [])
      })
    )
  })
})
