/** Conversations that are begun without a network: there at once, there after a reload, made and sent once when the network is back. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { vi } from "vitest"
import { request } from "../../../cli/test/e2e/support/api.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { defaultLimits } from "../../../sdk/src/ClientOptions.ts"
import { bubbles, idOf, inOutbox, openedOffline, ownTenant, row, waiting } from "../support/begunOffline.ts"
import {
  App,
  asDarkPhone,
  chromiumPath,
  composer,
  ended,
  goOffline,
  goOnline,
  hideList,
  openClockedPage,
  patience,
  places,
  say,
  showList,
  signIn,
  withoutWorker,
  rowMenu
} from "../support/openApp.ts"

describe.skipIf(chromiumPath === "")("a conversation that is begun offline", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)("is in the list at once, survives a reload, and is made, sent and answered once: %s", ([, place]) =>
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

    it.effect.each(places)("is never made when it is deleted offline, unless that is taken back: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, conversations, messages, parley, wire } = yield* ownTenant
        wire.enqueue(answer("Of otters."))
        const { page } = yield* Effect.promise(() => openClockedPage(browser, place))
        const remove = async (title: string) => {
          await showList(page)
          await rowMenu(page, title, "Delete")
          await row(page, title).waitFor({ state: "detached" })
        }
        yield* Effect.promise(async () => {
          await openedOffline(page, parley.url, parley.key)
          await say(page, "Badgers")
          await remove("Badgers")
          await vi.waitUntil(async () => (await inOutbox(page)) === 0, patience)
          await say(page, "Otters")
          const id = idOf(page)
          await remove("Otters")
          await page.locator(".toast", { hasText: "“Otters” was deleted." }).getByRole("button", { name: "Undo" }).click()
          await showList(page)
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

    it.effect.each(places)("is in the list while the others are asked for, and when they could not be had: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley } = yield* ownTenant
        const { faults, page } = yield* Effect.promise(() => openClockedPage(browser, { ...withoutWorker, ...place }))
        yield* Effect.promise(async () => {
          // Never answered.
          await page.route(/\/api\/conversations\?/, () => {})
          await signIn(page, parley.url, parley.key)
          await goOffline(page)
          await say(page, "Badgers")
          await showList(page)
          await row(page, "Badgers").waitFor()
          await page.clock.fastForward(defaultLimits.answerTimeoutMs)
          await page.getByText("The conversations could not be loaded.").waitFor()
          await row(page, "Badgers").waitFor()
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)("is not lost by signing out unless that is meant: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, conversations, parley } = yield* ownTenant
        const { faults, page } = yield* Effect.promise(() => openClockedPage(browser, place))
        yield* Effect.promise(async () => {
          await openedOffline(page, parley.url, parley.key)
          await say(page, "Otters")
          await waiting(page).waitFor()
          await vi.waitUntil(async () => (await inOutbox(page)) === 1, patience)
          await showList(page)
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

    it.effect.each(places)("says that its model is gone by then, and goes on with another one: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, conversations, messages, parley, server, tenant, wire } = yield* ownTenant
        wire.enqueue(answer("By the small one."))
        const { page } = yield* Effect.promise(() => openClockedPage(browser, place))
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
