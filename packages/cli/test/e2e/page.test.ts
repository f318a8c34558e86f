/** The page in a real browser, against the real program. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { chromium, type Page } from "playwright-core"
import { inject } from "vitest"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { startParley } from "./support/startParley.ts"

const chromiumPath = inject("chromiumPath")

const openPage = Effect.gen(function* () {
  const browser = yield* Effect.acquireRelease(
    Effect.promise(() => chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] })),
    (opened) => Effect.promise(() => opened.close())
  )
  const page = yield* Effect.promise(() => browser.newPage())
  const faults: Array<string> = []
  page.on("pageerror", (error) => faults.push(error.message))
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text())
  })
  return { page, faults }
})

const send = async (page: Page, text: string): Promise<void> => {
  await page.locator("#text").fill(text)
  await page.locator("#send").click()
}

const start = Effect.gen(function* () {
  const wire = yield* startOpenaiWire
  wire.setModels(["gpt-5"])
  const database = yield* freshDatabase
  const parley = yield* startParley({
    DATABASE_URL: Redacted.value(database),
    OPENAI_API_KEY: "sk-wire",
    OPENAI_BASE_URL: wire.baseUrl,
    // Not there: the small page, whether the app is built or not.
    PARLEY_WEB_DIR: "/nowhere"
  })
  return { wire, parley }
})

describe.skipIf(chromiumPath === "")("the page", () => {
  it.live("shows an answer as it streams, survives a reload in the middle of it, and ends with every byte", () =>
    Effect.gen(function* () {
      const { parley, wire } = yield* start
      const { faults, page } = yield* openPage
      wire.enqueue(answer(["The first half <b>is</b> here, ", "and the second too."], { holdAfter: 1 }))
      yield* Effect.promise(async () => {
        await page.goto(`${parley.url}/#key=${parley.key}`)
        await page.getByText("Connected").waitFor()
        assert.notInclude(page.url(), "pk_", "the key does not stay in the address")
        await send(page, "Tell me.")
        await page.getByText("The first half <b>is</b> here, ").waitFor()
        await page.reload()
        await page.getByText("The first half <b>is</b> here, ").waitFor()
      })
      const request = yield* wire.received(0)
      request.release()
      yield* Effect.promise(async () => {
        await page.getByText("The first half <b>is</b> here, and the second too.").waitFor()
        await page.locator("#send:not([hidden])").waitFor()
        await page.reload()
        await page.getByText("The first half <b>is</b> here, and the second too.").waitFor()
        assert.strictEqual(await page.getByText("Tell me.").count(), 1)
      })
      assert.strictEqual(wire.requests.length, 1)
      assert.deepStrictEqual(faults, [])
    })
  )

  it.live("stops an answer, which keeps what was said and reaches the provider", () =>
    Effect.gen(function* () {
      const { parley, wire } = yield* start
      const { page } = yield* openPage
      wire.enqueue(answer(["As far as this", " and no further"], { holdAfter: 1 }))
      yield* Effect.promise(async () => {
        await page.goto(`${parley.url}/#key=${parley.key}`)
        await page.getByText("Connected").waitFor()
        await send(page, "Tell me.")
        await page.getByText("As far as this").waitFor()
        await page.locator("#stop").click()
        await page.getByText("Stopped.", { exact: true }).waitFor()
      })
      const request = yield* wire.received(0)
      yield* request.aborted
      assert.strictEqual(yield* Effect.promise(() => page.getByText("and no further").count()), 0)
    })
  )

  it.live("opens signed in by the link that the start prints, and stays so after a reload", () =>
    Effect.gen(function* () {
      const { parley } = yield* start
      const link = /Open +(\S+#sign-in=\S+)/.exec(parley.text())?.[1]
      assert.isDefined(link)
      const { faults, page } = yield* openPage
      yield* Effect.promise(async () => {
        await page.goto(link)
        await page.getByText("Connected").waitFor()
        assert.notInclude(page.url(), "pl_", "the token does not stay in the address")
        await page.reload()
        await page.getByText("Connected").waitFor()
        assert.strictEqual(await page.evaluate("document.cookie + JSON.stringify(localStorage)"), "{}")
      })
      assert.deepStrictEqual(faults, [])
    })
  )

  it.live("asks again for a key that is not accepted", () =>
    Effect.gen(function* () {
      const { parley } = yield* start
      const { page } = yield* openPage
      yield* Effect.promise(async () => {
        await page.goto(`${parley.url}/#key=pk_this_is_not_a_key_that_anyone_was_given`)
        await page.getByText("This key is not accepted.").waitFor()
        await page.locator("#key").fill(parley.key)
        await page.getByRole("button", { name: "Continue" }).click()
        await page.getByText("Connected").waitFor()
      })
    })
  )
})
