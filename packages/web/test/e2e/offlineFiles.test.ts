/** Files of messages that are written without a network: they wait on the device, and are uploaded once, before their messages go out. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { vi } from "vitest"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { makePdf } from "../../../runtime/test/attachments/support/makePdf.ts"
import { bubbles, idOf, inOutbox, openedOffline, ownTenant, row, waiting } from "../support/begunOffline.ts"
import {
  showList,
  App,
  asDarkPhone,
  chromiumPath,
  composer,
  ended,
  goOffline,
  goOnline,
  openClockedPage,
  patience,
  say,
  screenshot,
  signIn,
  places,
  withoutWorker,
  onPhone
} from "../support/openApp.ts"
import { seemLarge } from "../support/seemLarge.ts"

describe.skipIf(chromiumPath === "")("a message that is written offline", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "takes its files along: they wait over a reload, and are uploaded once before their messages go out, in order: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, conversations, messages, parley, wire } = yield* ownTenant
          wire.enqueue(answer("I have read it."), answer("And that."))
          const { faults, page } = yield* Effect.promise(() => openClockedPage(browser, place))
          const uploads: Array<string> = []
          page.on("request", (asked) => {
            if (/\/attachments\?/.test(asked.url())) uploads.push(new URL(asked.url()).searchParams.get("name") ?? "")
          })
          const file = (name: string, mimeType: string, content: Uint8Array) => ({ name, mimeType, buffer: Buffer.from(content) })
          yield* Effect.promise(async () => {
            await openedOffline(page, parley.url, parley.key)
            const files = page.locator("input[type=file]")
            await files.setInputFiles(file("paper.pdf", "application/pdf", makePdf("the walrus was Paul")))
            await page.getByRole("button", { name: "Remove paper.pdf" }).waitFor()
            await say(page, "What does it say?")
            await waiting(page).waitFor()
            const id = idOf(page)
            await files.setInputFiles(file("note.txt", "text/plain", Buffer.from("and John was the eggman")))
            await page.locator(".attachment .spinner").first().waitFor({ state: "detached" })
            await say(page, "And this?")
            await waiting(page).nth(1).waitFor()
            await vi.waitUntil(async () => (await inOutbox(page)) === 2, patience)
            await page.reload()
            await waiting(page).nth(1).waitFor()
            await page.locator(".person").getByText("note.txt").waitFor()
            await screenshot(page, "files-wait")
            assert.deepStrictEqual(await page.locator(".person .attachment-name").allInnerTexts(), ["paper.pdf", "note.txt"])
            assert.deepStrictEqual(uploads, [])
            await goOnline(page)
            await page.getByText("And that.").waitFor()
            await ended(page).waitFor()
            assert.deepStrictEqual(await bubbles(page), ["What does it say?", "And this?"])
            await page.getByRole("link", { name: "paper.pdf" }).waitFor()
            assert.deepStrictEqual(await conversations(), [id])
            assert.deepStrictEqual(await messages(id), [
              "user: What does it say?",
              "assistant: I have read it.",
              "user: And this?",
              "assistant: And that."
            ])
          })
          assert.deepStrictEqual(uploads, ["paper.pdf", "note.txt"])
          const said = wire.requests.map(({ body }) => JSON.stringify(body))
          assert.deepStrictEqual(
            said.map((body) => [body.includes("the walrus was Paul"), body.includes("John was the eggman")]),
            [
              [true, false],
              [true, true]
            ]
          )
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(onPhone)("takes its files along when nobody has noticed yet that the network is gone: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, messages, parley, wire } = yield* ownTenant
        wire.enqueue(answer("I have read it."))
        const { page } = yield* Effect.promise(() => openClockedPage(browser, { ...withoutWorker, ...place }))
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await page.context().setOffline(true)
          const note = { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("John was the eggman") }
          await page.locator("input[type=file]").setInputFiles(note)
          await page.getByRole("button", { name: "Remove note.txt" }).waitFor()
          await say(page, "Who was the eggman?")
          await page.locator(".bubble", { hasText: "Who was the eggman?" }).waitFor()
          await vi.waitUntil(async () => (await inOutbox(page)) === 1, patience)
          const id = idOf(page)
          await goOnline(page)
          await page.getByText("I have read it.").waitFor()
          assert.deepStrictEqual(await messages(id), ["user: Who was the eggman?", "assistant: I have read it."])
        })
        assert.isTrue(JSON.stringify(wire.requests[0]?.body).includes("John was the eggman"))
      })
    )

    it.effect("has its files uploaded once though two tabs have it, and is shown as sent in both", () =>
      Effect.gen(function* () {
        const { browser, messages, parley, wire } = yield* ownTenant
        wire.enqueue(answer("I have read both."))
        const { page } = yield* Effect.promise(() => openClockedPage(browser))
        const uploads: Array<string> = []
        page.context().on("request", (asked) => {
          if (/\/attachments\?/.test(asked.url())) uploads.push(new URL(asked.url()).searchParams.get("name") ?? "")
        })
        yield* Effect.promise(async () => {
          await openedOffline(page, parley.url, parley.key)
          const notes = ["one.txt", "two.txt"].map((name) => ({ name, mimeType: "text/plain", buffer: Buffer.from(name) }))
          await page.locator("input[type=file]").setInputFiles(notes)
          await page.getByRole("button", { name: "Remove two.txt" }).waitFor()
          await say(page, "What do they say?")
          await vi.waitUntil(async () => (await inOutbox(page)) === 1, patience)
          const second = await page.context().newPage()
          await asDarkPhone(second)
          await second.goto(page.url())
          await waiting(second).waitFor()
          await goOnline(page)
          for (const tab of [page, second]) {
            await tab.getByText("I have read both.").waitFor()
            await ended(tab).waitFor()
            assert.deepStrictEqual(await bubbles(tab), ["What do they say?"])
            assert.strictEqual(await tab.getByText("Not sent.").count(), 0)
          }
          assert.deepStrictEqual(await messages(idOf(page)), ["user: What do they say?", "assistant: I have read both."])
        })
        assert.deepStrictEqual(uploads, ["one.txt", "two.txt"])
        assert.strictEqual(wire.requests.length, 1)
      })
    )

    it.effect.each(onPhone)(
      "takes fifty files along, and says of one more that too much waits: it stays in the box with what was written, until others are given up: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* ownTenant
          const { page } = yield* Effect.promise(() => openClockedPage(browser, { ...withoutWorker, ...place }))
          const choose = async (names: ReadonlyArray<string>) => {
            const files = names.map((name) => ({ name, mimeType: "text/plain", buffer: Buffer.from("a note") }))
            await page.locator("input[type=file]").setInputFiles(files)
            await page.locator(".attachment .spinner").first().waitFor({ state: "detached" })
          }
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await goOffline(page)
            for (let message = 0; message < 5; message++) {
              await choose(Array.from({ length: 10 }, (_, index) => `${message}${index}.txt`))
              await say(page, `Ten notes, ${message}`)
              await vi.waitUntil(async () => (await inOutbox(page)) === message + 1, patience)
              await page.locator(".composer .attachment").first().waitFor({ state: "detached" })
            }
            await choose(["more.txt"])
            await say(page, "One more")
            await page.locator(".toast", { hasText: "Too many messages wait to be sent." }).waitFor()
            assert.strictEqual(await composer(page).inputValue(), "One more")
            await page.getByRole("button", { name: "Remove more.txt" }).waitFor()
            assert.strictEqual(await inOutbox(page), 5)
            // What is given up leaves its room at once.
            await showList(page)
            await row(page, "Ten notes, 0").hover()
            await page.getByRole("button", { name: "Options for Ten notes, 0" }).click()
            await page.getByRole("menuitem", { name: "Delete" }).click()
            await vi.waitUntil(async () => (await inOutbox(page)) === 0, patience)
            await choose(["more.txt"])
            await say(page, "One more")
            await vi.waitUntil(async () => (await inOutbox(page)) === 1, patience)
          })
        })
    )

    it.effect.each(onPhone)(
      "takes 100 MB of files along, and says of more that too much waits: it stays in the box, and nothing is lost: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, messages, parley, wire } = yield* ownTenant
          wire.enqueue(answer("All read."), answer("The last one too."))
          const { page } = yield* Effect.promise(() => openClockedPage(browser, { ...withoutWorker, ...place }))
          const choose = async (names: ReadonlyArray<string>) => {
            const files = names.map((name) => ({ name, mimeType: "text/plain", buffer: Buffer.from(`this is ${name}`) }))
            await page.locator("input[type=file]").setInputFiles(files)
            await page.locator(".attachment .spinner").first().waitFor({ state: "detached" })
          }
          yield* Effect.promise(async () => {
            await seemLarge(page)
            await signIn(page, parley.url, parley.key)
            await goOffline(page)
            await choose(Array.from({ length: 10 }, (_, index) => `${index}.txt`))
            await say(page, "Ten files")
            await vi.waitUntil(async () => (await inOutbox(page)) === 1, patience)
            await page.locator(".composer .attachment").first().waitFor({ state: "detached" })
            await choose(["10.txt", "11.txt", "12.txt"])
            await say(page, "Three more")
            await page.locator(".toast", { hasText: "Too many messages wait to be sent." }).waitFor()
            assert.strictEqual(await inOutbox(page), 1)
            assert.strictEqual(await composer(page).inputValue(), "Three more")
            // Two of them have room.
            await page.getByRole("button", { name: "Remove 12.txt" }).click()
            await composer(page).press("Enter")
            await vi.waitUntil(async () => (await inOutbox(page)) === 2, patience)
            const id = idOf(page)
            await goOnline(page)
            await page.getByText("The last one too.").waitFor()
            assert.deepStrictEqual(await messages(id), [
              "user: Ten files",
              "assistant: All read.",
              "user: Three more",
              "assistant: The last one too."
            ])
          })
          const said = JSON.stringify(wire.requests[1]?.body)
          for (let index = 0; index < 12; index++) assert.include(said, `this is ${index}.txt`)
        })
    )

    it.effect.each(onPhone)(
      "stays in the box with its files when the device has no room for them, which is told, and goes out once it has: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* ownTenant
          wire.enqueue(answer("I have read it."))
          const { page } = yield* Effect.promise(() => openClockedPage(browser, { ...withoutWorker, ...place }))
          yield* Effect.promise(async () => {
            // A browser may find at the end only that there is no room.
            await page.addInitScript(() => {
              const { put } = IDBObjectStore.prototype
              IDBObjectStore.prototype.put = function (...given) {
                const asked = put.apply(this, given)
                if ("isFull" in window) asked.addEventListener("success", () => this.transaction.abort())
                return asked
              }
            })
            await signIn(page, parley.url, parley.key)
            await goOffline(page)
            await page.evaluate(() => Object.assign(window, { isFull: true }))
            const note = { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("John was the eggman") }
            await page.locator("input[type=file]").setInputFiles(note)
            await page.locator(".attachment .spinner").first().waitFor({ state: "detached" })
            await say(page, "Who was the eggman?")
            await page.locator(".toast", { hasText: "There is no room left on this device" }).waitFor()
            await screenshot(page, "files-no-room")
            assert.strictEqual(await composer(page).inputValue(), "Who was the eggman?")
            await page.getByRole("button", { name: "Remove note.txt" }).waitFor()
            assert.strictEqual(await inOutbox(page), 0)
            await page.evaluate(() => Reflect.deleteProperty(window, "isFull"))
            await composer(page).press("Enter")
            await vi.waitUntil(async () => (await inOutbox(page)) === 1, patience)
            await goOnline(page)
            await page.getByText("I have read it.").waitFor()
          })
          assert.include(JSON.stringify(wire.requests[0]?.body), "John was the eggman")
        })
    )
  })
})
