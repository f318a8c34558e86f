/** What the browser gives and refuses: speech, notifications, files that are dropped, clocks and sleep; and a session that ends. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { axeFaults } from "../support/lookOver.ts"
import {
  App,
  chromiumPath,
  composer,
  desktop,
  ended,
  freshApp,
  goOffline,
  goOnline,
  hideList,
  openClockedPage,
  openPage,
  openPageAgain,
  phone,
  places,
  say,
  screenshot,
  showList,
  signIn,
  withoutWorker,
  type OpenPage
} from "../support/openApp.ts"
import { beginsInTheMiddle, isWholeAgain } from "../support/sessionOver.ts"

const hourMs = 3_600_000
/** What is smaller is sent as it is. */
const leastPackedBytes = 256

/** A page that is signed in; `prepare` runs before anything of it. */
const opened = Effect.fnUntraced(function* (
  prepare: (page: Page) => Promise<unknown> = async () => {},
  place: BrowserContextOptions = desktop,
  open: (browser: Browser, place: BrowserContextOptions) => Promise<OpenPage> = openPageAgain
) {
  const { browser, parley, wire } = yield* freshApp
  const { faults, page } = yield* Effect.promise(() => open(browser, place))
  yield* Effect.promise(async () => {
    await prepare(page)
    await signIn(page, parley.url, parley.key)
  })
  return { faults, page, parley, wire }
})

/** The same with a clock; nothing is loaded there without a network. */
const openedWithClock = (prepare: ((page: Page) => Promise<unknown>) | undefined, place: BrowserContextOptions) =>
  opened(prepare, place, (browser) => openClockedPage(browser, { ...withoutWorker, ...place }))

describe.skipIf(chromiumPath === "")("around the app", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect("what is kept for good of the app, and sent packed, is so of the app as it is built", () =>
      Effect.gen(function* () {
        const { parley } = yield* App
        const ask = (path: string, accept = "*/*") =>
          Effect.promise(() => fetch(parley.url + path, { headers: { accept, "accept-encoding": "gzip, br" } }))
        const page = yield* ask("/c/cnv_1", "text/html")
        const text = yield* Effect.promise(() => page.text())
        assert.strictEqual(page.headers.get("cache-control"), "no-store")
        const policy = page.headers.get("content-security-policy") ?? ""
        for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]) assert.include(policy, rule)
        assert.notMatch(text, /<script(?![^>]*\ssrc=)/, "the policy lets no script within the page run")
        const named = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path)
        assert.isTrue(named.some((path) => path.endsWith(".js")) && named.some((path) => path.endsWith(".css")), text)
        for (const path of named) {
          const asset = yield* ask(path)
          const { byteLength } = yield* Effect.promise(() => asset.arrayBuffer())
          const sent = ["cache-control", "content-encoding"].map((name) => asset.headers.get(name))
          const packed = byteLength < leastPackedBytes ? null : "br"
          assert.deepStrictEqual([path, asset.status, ...sent], [path, 200, "public, max-age=31536000, immutable", packed])
        }
        const worker = yield* ask("/sw.js")
        yield* Effect.promise(() => worker.arrayBuffer())
        assert.strictEqual(worker.headers.get("cache-control"), "no-cache", "a worker that is kept for good is never another")
      })
    )

    it.effect.each(places)("what the server sends first is painted without waiting for the program: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { faults, page } = yield* Effect.promise(() => openPage(browser, place))
        yield* Effect.promise(async () => {
          const comes = Promise.withResolvers<void>()
          await page.route(/\/assets\/.*\.js$/, async (route) => {
            await comes.promise
            await route.continue()
          })
          await page.goto(parley.url, { waitUntil: "commit" })
          const mark = page.locator(".splash svg")
          await mark.waitFor()
          const { width = 0, x = 0 } = (await mark.boundingBox()) ?? {}
          assert.strictEqual(x + width / 2, (page.viewportSize()?.width ?? 0) / 2)
          await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length === 1)
          await screenshot(page, "first-paint")
          comes.resolve()
          await page.getByLabel("Key").waitFor()
          assert.isFalse(await mark.isVisible())
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)("what is dictated is written into the box, and an answer is read without its marks: %s", ([, place]) =>
      Effect.gen(function* () {
        const { faults, page, wire } = yield* opened(
          (page) =>
            page.addInitScript(() => {
              class Recognition extends EventTarget {
                start(): void {
                  Reflect.set(globalThis, "recognition", this)
                }
                stop(): void {
                  this.dispatchEvent(new Event("end"))
                }
                abort(): void {}
              }
              const speaker = {
                speak: (said: SpeechSynthesisUtterance) => Reflect.set(globalThis, "said", said),
                cancel: () => Reflect.get(globalThis, "said")?.dispatchEvent(new Event("end"))
              }
              for (const name of ["SpeechRecognition", "webkitSpeechRecognition"]) Reflect.set(globalThis, name, Recognition)
              Object.defineProperty(globalThis, "speechSynthesis", { value: speaker })
            }),
          place
        )
        wire.enqueue(answer("It is **bold**, with `code`."))
        yield* Effect.promise(async () => {
          const hear = (transcript: string, isFinal: boolean) =>
            page.evaluate(
              (result) => {
                const event = Object.assign(new Event("result"), { resultIndex: 0, results: [result] })
                Reflect.get(globalThis, "recognition").dispatchEvent(event)
              },
              { 0: { transcript }, isFinal }
            )
          await page.getByRole("button", { name: "Dictate" }).click()
          await hear("what was", false)
          await hear("What was heard", true)
          await page.getByRole("button", { name: "Stop dictating" }).click()
          assert.strictEqual(await composer(page).inputValue(), "What was heard")
          await composer(page).press("Enter")
          await ended(page).waitFor()
          await page.getByRole("button", { name: "Read aloud" }).click()
          assert.strictEqual(await page.evaluate(() => Reflect.get(globalThis, "said").text), "It is bold, with code.")
          await page.getByRole("button", { name: "Stop reading" }).click()
          await page.getByRole("button", { name: "Read aloud" }).waitFor()
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)(
      "an answer that ends in a hidden tab is told by a notification, once that is wanted: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { faults, page, wire } = yield* opened(
            (page) =>
              page.addInitScript(() => {
                const told: Array<string> = []
                class Told extends EventTarget {
                  static permission = "default"
                  static requestPermission = async () => (Told.permission = "granted")
                  constructor(text: string) {
                    super()
                    told.push(text)
                  }
                }
                Object.assign(globalThis, { Notification: Told, told })
              }),
            place
          )
          wire.enqueue(answer(["Half, ", "whole."], { holdAfter: 1 }))
          yield* Effect.promise(async () => {
            await showList(page)
            await page.getByRole("button", { name: "Account and settings" }).click()
            await page.getByRole("menuitem", { name: "Settings" }).click()
            await page.getByRole("switch", { name: /Tell me when an answer ends/ }).click()
            await page.keyboard.press("Escape")
            await page.getByRole("dialog").waitFor({ state: "detached" })
            await hideList(page)
            await say(page, "Take your time")
            await page.getByText("Half,").waitFor()
            await page.evaluate(() => Object.defineProperty(document, "visibilityState", { value: "hidden" }))
          })
          const request = yield* wire.received(0)
          request.release()
          yield* Effect.promise(async () => {
            await ended(page).waitFor()
            await page.waitForFunction(() => Reflect.get(globalThis, "told").length > 0)
            assert.match((await page.evaluate<ReadonlyArray<string>>("told")).join(), /Take your time/)
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("a file that is dropped on a conversation goes along with the message: %s", ([, place]) =>
      Effect.gen(function* () {
        const { faults, page, wire } = yield* opened(undefined, place)
        wire.enqueue(answer("First."), answer("Read."))
        yield* Effect.promise(async () => {
          await say(page, "Hello")
          await ended(page).waitFor()
          const dropped = await page.evaluateHandle(() => {
            const transfer = new DataTransfer()
            transfer.items.add(new File(["what the file says"], "dropped.txt", { type: "text/plain" }))
            return transfer
          })
          await page.dispatchEvent(".thread", "dragover", { dataTransfer: dropped })
          await page.getByText("Drop files").waitFor()
          await page.dispatchEvent(".thread", "drop", { dataTransfer: dropped })
          await page.getByText("dropped.txt").waitFor()
          await say(page, "What does it say?")
          await page.getByText("Read.").waitFor()
        })
        assert.include(JSON.stringify(wire.requests[1]?.body), "what the file says")
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each([
      ["at a desk", desktop, "ltr"],
      ["on a phone in the dark, from right to left", { ...phone, colorScheme: "dark" }, "rtl"]
    ] as const)(
      "that there is no network is told over the page, which stays where it is; and what is written goes out later: %s",
      ([, place, direction]) =>
        Effect.gen(function* () {
          const { faults, page, wire } = yield* openedWithClock(undefined, place)
          wire.enqueue(answer("First."), answer("Second."))
          yield* Effect.promise(async () => {
            await say(page, "Hello")
            await ended(page).waitFor()
            await page.evaluate((dir) => (document.documentElement.dir = dir), direction)
            const stand = async () => ({
              composer: await composer(page).boundingBox(),
              thread: await page.locator(".thread").boundingBox(),
              first: await page.locator(".bubble").first().boundingBox()
            })
            const before = await stand()
            await goOffline(page)
            assert.deepStrictEqual(await stand(), before)
            const note = await page.locator(".connection").boundingBox()
            await screenshot(page, `connection-${direction}`)
            assert.isAtMost((note?.y ?? 0) + (note?.height ?? 0), before.first?.y ?? 0, "it covers no message")
            for (const button of await page.locator(".bar button:visible").all()) {
              await button.click({ trial: true })
            }
            await say(page, "Written offline")
            await page.getByText("Waiting to be sent").waitFor()
            await goOnline(page)
            await page.locator(".connection").waitFor({ state: "detached" })
            assert.deepStrictEqual(await stand(), before)
            await page.getByText("Second.").waitFor()
            assert.strictEqual(await page.locator(".bubble").count(), 2)
          })
          assert.strictEqual(wire.requests.length, 2)
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("a page that breaks says so, and is there again when it is loaded anew: %s", ([, place]) =>
      Effect.gen(function* () {
        const { faults, page, wire } = yield* opened(undefined, place)
        wire.enqueue(answer("Whole."))
        yield* Effect.promise(async () => {
          await page.evaluate(() => Object.defineProperty(Intl, "NumberFormat", { value: undefined }))
          await say(page, "Break")
          await page.getByRole("alert").getByText("Something broke on this page.").waitFor()
          await screenshot(page, "page-fault")
          assert.deepStrictEqual(await axeFaults(page), [])
          const { height = 0, y = 0 } = (await page.getByRole("button", { name: "Load again" }).boundingBox()) ?? {}
          assert.isAbove(y + height, (page.viewportSize()?.height ?? 0) / 2, "it stands in the middle")
          await page.getByRole("button", { name: "Load again" }).click()
          await page.getByText("Whole.").waitFor()
          await ended(page).waitFor()
        })
        assert.match(faults.join(), /Intl.NumberFormat/)
      })
    )

    it.effect.each(places)(
      "a clock that is years off, and a tab that slept for an hour in the middle of an answer, lose and double nothing: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { faults, page, wire } = yield* opened(
            (page) => page.clock.install({ time: new Date("2001-02-03T04:05:06Z") }),
            place,
            (browser) => openPage(browser, { ...withoutWorker, ...place })
          )
          wire.enqueue(answer(["Before sleep, ", "after it."], { holdAfter: 1 }), answer("Once more."))
          yield* Effect.promise(async () => {
            await say(page, "Wait for me")
            await page.getByText("Before sleep,").waitFor()
          })
          const request = yield* wire.received(0)
          request.release()
          yield* Effect.promise(async () => {
            await page.clock.fastForward(hourMs)
            await ended(page).waitFor()
            assert.strictEqual(await page.locator(".answer .markdown").innerText(), "Before sleep, after it.")
            await say(page, "And again")
            await page.getByText("Once more.").waitFor()
            assert.strictEqual(await page.locator(".bubble").count(), 2)
            assert.strictEqual(await page.locator(".answer").count(), 2)
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "a session that ends in the middle of an answer says so; after signing in again all is there: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { faults, page, parley, wire } = yield* opened(undefined, place)
          yield* beginsInTheMiddle(page, wire)
          yield* Effect.promise(async () => {
            await page
              .locator("input[type=file]")
              .setInputFiles({ name: "a.zip", mimeType: "application/zip", buffer: Buffer.from("PK\u0003\u0004\u0000") })
            // By what a screen reader finds: its button is there for everybody.
            await page.getByRole("alert").filter({ hasText: "“a.zip” cannot be attached" }).waitFor()
            await page.locator(".toast").getByRole("button", { name: "Dismiss" }).waitFor()
            const ended = await page.request.delete(`${parley.url}/api/session`, { headers: { origin: parley.url } })
            assert.strictEqual(ended.status(), 204)
            await page.getByText("Your session is over.").waitFor()
            await page.locator(".toast").waitFor({ state: "detached" })
            await screenshot(page, "session-over")
          })
          yield* isWholeAgain(page, wire, parley.key)
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
