/** Conversations that are begun without a network: there at once, there after a reload, made and sent once when the network is back. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { Page } from "playwright-core"
import { vi } from "vitest"
import { CreatedTenant } from "@parley/domain/Administration"
import { request } from "../../../cli/test/e2e/support/api.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { makePdf } from "../../../runtime/test/attachments/support/makePdf.ts"
import { defaultLimits } from "../../../sdk/src/ClientOptions.ts"
import {
  App,
  asDarkPhone,
  chromiumPath,
  composer,
  ended,
  goOffline,
  goOnline,
  hideList,
  leavesNoPage,
  openClockedPage,
  patience,
  strictPlaces,
  say,
  screenshot,
  showList,
  signIn,
  withoutWorker
} from "../support/openApp.ts"

const row = (page: Page, title: string) => page.getByRole("link", { name: title, exact: true, includeHidden: true })
const waiting = (page: Page) => page.getByText("Waiting to be sent")
const bubbles = (page: Page) => page.locator(".bubble").allInnerTexts()

/** In the page: how many messages this device has to send. */
const inOutbox = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open("parley")
        opening.onerror = () => reject(opening.error)
        opening.onsuccess = () => {
          const counting = opening.result.transaction("outbox").objectStore("outbox").count()
          counting.onerror = () => reject(counting.error)
          counting.onsuccess = () => {
            opening.result.close()
            resolve(counting.result)
          }
        }
      })
  )

/** A tenant of the test's own, and what the server has of it. */
const ownTenant = Effect.gen(function* () {
  const { browser, parley: server, wire } = yield* App
  wire.forget()
  yield* leavesNoPage(browser)
  const made = yield* request(server, "POST", "/api/tenants", { name: "Of a test" })
  const { ownerKey, tenant } = yield* Schema.decodeUnknownEffect(CreatedTenant)(made.body)
  const parley = { ...server, key: ownerKey.secret }
  const read = async (path: string) => {
    const response = await fetch(parley.url + path, { headers: { authorization: `Bearer ${parley.key}` } })
    return response.json()
  }
  const conversations = async (): Promise<ReadonlyArray<string>> =>
    (await read("/api/conversations")).items.map(({ id }: { readonly id: string }) => id)
  const messages = async (id: string): Promise<ReadonlyArray<string>> =>
    (await read(`/api/conversations/${id}/messages`)).items.map(
      ({ content, role }: { readonly role: string; readonly content: ReadonlyArray<{ readonly text?: string }> }) =>
        `${role}: ${content.map(({ text }) => text ?? "").join("")}`
    )
  return { browser, server, parley, wire, tenant, conversations, messages }
})

/** In a page with a clock: signed in, with the worker that opens the app without a network, and then without one. */
const openedOffline = async (page: Page, url: string, key: string): Promise<void> => {
  await signIn(page, url, key)
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  // With what a second visit has: the list, and the models.
  await page.reload()
  await composer(page).waitFor()
  await page.getByRole("button", { name: /^Model/ }).waitFor()
  await page.getByText("No conversations yet").waitFor({ state: "attached" })
  await goOffline(page)
}

const idOf = (page: Page): string => new URL(page.url()).pathname.replace("/c/", "")

describe.skipIf(chromiumPath === "")("a conversation that is begun offline", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(strictPlaces)(
      "is in the list at once, survives a reload, and is made, sent and answered once: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, conversations, messages, parley, wire } = yield* ownTenant
          wire.enqueue(answer("Of otters."), answer("Of more otters."))
          const { faults, page } = yield* Effect.promise(() => openClockedPage(browser, place))
          yield* Effect.promise(async () => {
            await openedOffline(page, parley.url, parley.key)
            await say(page, "Otters")
            await waiting(page).waitFor()
            const id = idOf(page)
            assert.match(id, /^cnv_/)
            await showList(page)
            await row(page, "Otters").waitFor()
            await hideList(page)
            await say(page, "And more")
            await waiting(page).nth(1).waitFor()
            await vi.waitUntil(async () => (await inOutbox(page)) === 2, patience)
            await page.reload()
            await waiting(page).nth(1).waitFor()
            assert.deepStrictEqual(await bubbles(page), ["Otters", "And more"])
            await row(page, "Otters").waitFor({ state: "attached" })
            assert.deepStrictEqual(await conversations(), [])
            await goOnline(page)
            await page.getByText("Of more otters.").waitFor()
            await ended(page).waitFor()
            assert.deepStrictEqual(await bubbles(page), ["Otters", "And more"])
            assert.strictEqual(idOf(page), id)
            assert.deepStrictEqual(await conversations(), [id])
            assert.deepStrictEqual(await messages(id), [
              "user: Otters",
              "assistant: Of otters.",
              "user: And more",
              "assistant: Of more otters."
            ])
            assert.strictEqual(await page.locator(".list-group .list-title").count(), 1)
            await vi.waitUntil(async () => (await inOutbox(page)) === 0, patience)
          })
          assert.strictEqual(wire.requests.length, 2)
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(strictPlaces)(
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
            await page.locator(".attachment .spinner").waitFor({ state: "detached" })
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

    it.effect(
      "takes fifty files along, and says of one more that too much waits: it stays in the box with what was written",
      () =>
        Effect.gen(function* () {
          const { browser, parley } = yield* ownTenant
          const { page } = yield* Effect.promise(() => openClockedPage(browser, withoutWorker))
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
          })
        })
    )

    it.effect("is never made when it is deleted offline, unless that is taken back", () =>
      Effect.gen(function* () {
        const { browser, conversations, messages, parley, wire } = yield* ownTenant
        wire.enqueue(answer("Of otters."))
        const { page } = yield* Effect.promise(() => openClockedPage(browser))
        const remove = async (title: string) => {
          await row(page, title).hover()
          await page.getByRole("button", { name: `Options for ${title}` }).click()
          await page.getByRole("menuitem", { name: "Delete" }).click()
          await row(page, title).waitFor({ state: "detached" })
        }
        yield* Effect.promise(async () => {
          await openedOffline(page, parley.url, parley.key)
          await say(page, "Badgers")
          await row(page, "Badgers").waitFor()
          await remove("Badgers")
          await vi.waitUntil(async () => (await inOutbox(page)) === 0, patience)
          await say(page, "Otters")
          await row(page, "Otters").waitFor()
          const id = idOf(page)
          await remove("Otters")
          await page.locator(".toast", { hasText: "“Otters” was deleted." }).getByRole("button", { name: "Undo" }).click()
          await row(page, "Otters").click()
          await waiting(page).waitFor()
          await vi.waitUntil(async () => (await inOutbox(page)) === 1, patience)
          await page.reload()
          await waiting(page).waitFor()
          await goOnline(page)
          await page.getByText("Of otters.").waitFor()
          await ended(page).waitFor()
          assert.deepStrictEqual(await conversations(), [id])
          assert.deepStrictEqual(await messages(id), ["user: Otters", "assistant: Of otters."])
        })
        assert.strictEqual(wire.requests.length, 1)
      })
    )

    it.effect("is in the list while the others are asked for, and when they could not be had", () =>
      Effect.gen(function* () {
        const { browser, parley } = yield* ownTenant
        const { faults, page } = yield* Effect.promise(() => openClockedPage(browser, withoutWorker))
        yield* Effect.promise(async () => {
          // Never answered.
          await page.route(/\/api\/conversations\?/, () => {})
          await signIn(page, parley.url, parley.key)
          await goOffline(page)
          await say(page, "Badgers")
          await row(page, "Badgers").waitFor()
          await page.clock.fastForward(defaultLimits.answerTimeoutMs)
          await page.getByText("The conversations could not be loaded.").waitFor()
          await row(page, "Badgers").waitFor()
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect("is not lost by signing out unless that is meant", () =>
      Effect.gen(function* () {
        const { browser, conversations, parley } = yield* ownTenant
        const { faults, page } = yield* Effect.promise(() => openClockedPage(browser))
        yield* Effect.promise(async () => {
          await openedOffline(page, parley.url, parley.key)
          await say(page, "Otters")
          await waiting(page).waitFor()
          await vi.waitUntil(async () => (await inOutbox(page)) === 1, patience)
          await page.getByRole("button", { name: /Account/ }).click()
          await page.getByRole("menuitem", { name: "Sign out" }).click()
          const note = page.locator(".toast", { hasText: "1 message was not sent yet" })
          await note.waitFor()
          assert.deepStrictEqual(await bubbles(page), ["Otters"])
          assert.strictEqual(await inOutbox(page), 1)
          await note.getByRole("button", { name: "Sign out all the same" }).click()
          await page.getByLabel("Key").waitFor()
          assert.strictEqual(await inOutbox(page), 0)
          assert.deepStrictEqual(await conversations(), [])
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect("is made once, though two tabs have it", () =>
      Effect.gen(function* () {
        const { browser, conversations, messages, parley, wire } = yield* ownTenant
        wire.enqueue(answer("Of otters."))
        const { page } = yield* Effect.promise(() => openClockedPage(browser))
        yield* Effect.promise(async () => {
          await openedOffline(page, parley.url, parley.key)
          await say(page, "Otters")
          await waiting(page).waitFor()
          await vi.waitUntil(async () => (await inOutbox(page)) === 1, patience)
          const second = await page.context().newPage()
          await asDarkPhone(second)
          await second.goto(page.url())
          await waiting(second).waitFor()
          await goOnline(page)
          for (const tab of [page, second]) {
            await tab.getByText("Of otters.").waitFor()
            await ended(tab).waitFor()
            assert.deepStrictEqual(await bubbles(tab), ["Otters"])
          }
          assert.deepStrictEqual(await conversations(), [idOf(page)])
          assert.deepStrictEqual(await messages(idOf(page)), ["user: Otters", "assistant: Of otters."])
        })
        assert.strictEqual(wire.requests.length, 1)
      })
    )

    it.effect("is in another tab's list at once, and is shown there once while it is answered", () =>
      Effect.gen(function* () {
        const { browser, conversations, messages, parley, wire } = yield* ownTenant
        wire.enqueue(answer(["Of otters, ", "at length."], { holdAfter: 1 }))
        const { page } = yield* Effect.promise(() => openClockedPage(browser))
        const second = yield* Effect.promise(async () => {
          await openedOffline(page, parley.url, parley.key)
          const other = await page.context().newPage()
          await asDarkPhone(other)
          await other.goto(parley.url)
          await composer(other).waitFor()
          await showList(other)
          await page.bringToFront()
          await say(page, "Otters")
          await waiting(page).waitFor()
          await row(other, "Otters").click()
          await waiting(other).waitFor()
          await goOnline(page)
          for (const tab of [page, other]) {
            await tab.getByText("Of otters,").waitFor()
            await waiting(tab).waitFor({ state: "detached" })
            assert.deepStrictEqual(await bubbles(tab), ["Otters"])
          }
          return other
        })
        yield* Effect.map(wire.received(0), ({ release }) => release())
        yield* Effect.promise(async () => {
          for (const tab of [page, second]) {
            await tab.getByText("at length.").waitFor()
            await ended(tab).waitFor()
            assert.deepStrictEqual(await bubbles(tab), ["Otters"])
          }
          assert.deepStrictEqual(await conversations(), [idOf(page)])
          assert.deepStrictEqual(await messages(idOf(page)), ["user: Otters", "assistant: Of otters, at length."])
        })
        assert.strictEqual(wire.requests.length, 1)
      })
    )

    it.effect("says that its model is gone by then, and goes on with another one", () =>
      Effect.gen(function* () {
        const { browser, conversations, messages, parley, server, tenant, wire } = yield* ownTenant
        wire.enqueue(answer("By the small one."))
        const { page } = yield* Effect.promise(() => openClockedPage(browser))
        yield* Effect.promise(() => openedOffline(page, parley.url, parley.key))
        yield* Effect.promise(async () => {
          await page.getByRole("button", { name: /^Model/ }).click()
          await page.getByRole("option").filter({ hasText: "gpt-5" }).first().click()
          await say(page, "Otters")
          await waiting(page).waitFor()
        })
        const allowed = yield* request(server, "PUT", `/api/tenants/${tenant.id}/models`, {
          allowedModels: ["openai/gpt-5-mini"]
        })
        assert.strictEqual(allowed.status, 200)
        yield* Effect.promise(async () => {
          await goOnline(page)
          await page.getByText("Not sent.").waitFor()
          assert.deepStrictEqual(await bubbles(page), ["Otters"])
          assert.deepStrictEqual(await conversations(), [])
          await page.getByRole("button", { name: /^Model/ }).click()
          await page.getByRole("option").filter({ hasText: "gpt-5-mini" }).click()
          await page.getByRole("button", { name: "Try again" }).click()
          await page.getByText("By the small one.").waitFor()
          assert.deepStrictEqual(await conversations(), [idOf(page)])
          assert.deepStrictEqual(await messages(idOf(page)), ["user: Otters", "assistant: By the small one."])
        })
      })
    )
  })
})
