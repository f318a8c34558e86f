/** A device whose database is slow: another page writes in it, the disk is busy. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { BrowserContextOptions, Page } from "playwright-core"
import { vi } from "vitest"
import { request } from "../../../cli/test/e2e/support/api.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { inOutbox, ownTenant } from "../support/begunOffline.ts"
import { App, chromiumPath, ended, onPhone, openContext, openPageIn, patience, say, signIn } from "../support/openApp.ts"

/** Whatever else is asked of the outbox waits until the function that this gives back is called. */
const holdOutbox = async (page: Page): Promise<() => Promise<void>> => {
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open("parley")
        opening.addEventListener("error", () => reject(opening.error ?? new Error("the database said no")))
        opening.addEventListener("success", () => {
          const database = opening.result
          const transaction = database.transaction("outbox", "readwrite")
          const ended = new Promise((end) => transaction.addEventListener("complete", end))
          let isHeld = true
          Object.assign(globalThis, {
            letGo: async () => {
              isHeld = false
              await ended
              database.close()
            }
          })
          const goOn = (): void => {
            if (isHeld) transaction.objectStore("outbox").count().addEventListener("success", goOn)
            resolve()
          }
          goOn()
        })
      })
  )
  return () => page.evaluate(() => Reflect.get(globalThis, "letGo")())
}

/** Nothing waits there, nor is noted. */
const isSettled = (page: Page) =>
  vi.waitUntil(async () => {
    const notes = await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("parley.outbox.")))
    return notes.length === 0 && (await inOutbox(page)) === 0
  }, patience)

/** A page of the app, and another one of the same origin that is none and holds the outbox. */
const opened = (place: BrowserContextOptions) =>
  Effect.gen(function* () {
    const app = yield* ownTenant
    const context = yield* Effect.promise(() => openContext(app.browser, place))
    const { faults, page } = yield* Effect.promise(() => openPageIn(context))
    const { page: other } = yield* Effect.promise(() => openPageIn(context))
    yield* Effect.promise(async () => {
      await signIn(page, app.parley.url, app.parley.key)
      await page.getByRole("button", { name: "Model: gpt-5", exact: true }).waitFor()
      await other.goto(`${app.parley.url}/health/live`)
    })
    return { ...app, faults, other, page }
  })

const leave = (page: Page) => page.goto(new URL("/health/live", page.url()).href)

describe.skipIf(chromiumPath === "")("on a device whose database is slow", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(onPhone)("a message that was discarded is gone, also where its page goes at once: %s", ([, place]) =>
      Effect.gen(function* () {
        const { conversations, faults, other, page, parley, server, tenant, wire } = yield* opened(place)
        yield* request(server, "PUT", `/api/tenants/${tenant.id}/models`, { allowedModels: ["openai/gpt-5-mini"] })
        yield* Effect.promise(async () => {
          await say(page, "Otters")
          await page.getByText("Not sent.").waitFor()
          const letGo = await holdOutbox(other)
          await page.getByRole("button", { name: "Discard" }).click()
          await page.getByText("What shall we talk about?").waitFor()
          await leave(page)
          await letGo()
          assert.strictEqual(await inOutbox(other), 1, "the browser has dropped what it had not begun")
        })
        // One that came back would be sent now.
        yield* request(server, "PUT", `/api/tenants/${tenant.id}/models`, { allowedModels: ["openai/gpt-5"] })
        yield* Effect.promise(async () => {
          await page.goto(parley.url)
          await isSettled(other)
          await page.getByText("No conversations yet").waitFor({ state: "attached" })
          assert.deepStrictEqual(await conversations(), [])
        })
        assert.strictEqual(wire.requests.length, 0)
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(onPhone)("a message that was sent goes out, also where its page goes at once: %s", ([, place]) =>
      Effect.gen(function* () {
        const { conversations, faults, messages, other, page, parley, wire } = yield* opened(place)
        wire.enqueue(answer("Of otters."))
        yield* Effect.promise(async () => {
          const letGo = await holdOutbox(other)
          await say(page, "Otters")
          await page.locator(".bubble").waitFor()
          await leave(page)
          await letGo()
          assert.strictEqual(await inOutbox(other), 0, "the browser has dropped what it had not begun")
          await page.goto(parley.url)
          await vi.waitUntil(async () => (await conversations()).length === 1, patience)
          await isSettled(other)
          const [id = ""] = await conversations()
          await page.goto(`${parley.url}/c/${id}`)
          await ended(page).waitFor()
          assert.deepStrictEqual(await messages(id), ["user: Otters", "assistant: Of otters."])
        })
        assert.deepStrictEqual(faults, [])
      })
    )
  })
})
