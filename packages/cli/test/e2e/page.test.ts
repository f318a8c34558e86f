/** The page in a real browser, against the real program. */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { chromium, type Browser, type Page } from "playwright-core"
import { inject } from "vitest"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { waitTimeoutMs } from "../../../../test/support/waitTimeoutMs.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer, type WireServer } from "../../../providers/test/wire/WireServer.ts"
import { startParley, type Parley } from "./support/startParley.ts"

const chromiumPath = inject("chromiumPath")

/** One server and one browser for all tests of the file. */
class Served extends Context.Service<Served, { readonly wire: WireServer; readonly parley: Parley; readonly browser: Browser }>()(
  "@parley/cli/test/Served"
) {
  static readonly layer = Layer.effect(
    Served,
    Effect.gen(function* () {
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
      const browser = yield* Effect.acquireRelease(
        Effect.promise(() => chromium.launch({ executablePath: inject("headlessPath"), args: ["--no-sandbox"] })),
        (opened) => Effect.promise(() => opened.close())
      )
      return { wire, parley, browser }
    })
  )
}

/** A page without a past, and a provider that heard nothing yet. */
const opened = Effect.gen(function* () {
  const { browser, parley, wire } = yield* Served
  wire.forget()
  const page = yield* Effect.acquireRelease(
    Effect.promise(() => browser.newPage()),
    (page) => Effect.promise(() => page.close())
  )
  page.setDefaultTimeout(waitTimeoutMs)
  const faults: Array<string> = []
  page.on("pageerror", (error) => faults.push(error.message))
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text())
  })
  return { faults, page, parley, wire }
})

const send = async (page: Page, text: string): Promise<void> => {
  await page.locator("#text").fill(text)
  await page.locator("#send").click()
}

describe.skipIf(chromiumPath === "")("the page", () => {
  layer(Served.layer, { excludeTestServices: true })((it) => {
    it.effect("shows an answer as it streams, survives a reload in the middle of it, and ends with every byte", () =>
      Effect.gen(function* () {
        const { faults, page, parley, wire } = yield* opened
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

    it.effect("stops an answer, which keeps what was said and reaches the provider", () =>
      Effect.gen(function* () {
        const { page, parley, wire } = yield* opened
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

    it.effect("opens signed in by the link that the start prints, and stays so after a reload", () =>
      Effect.gen(function* () {
        const { faults, page, parley } = yield* opened
        const link = /Open +(\S+#sign-in=\S+)/.exec(parley.text())?.[1]
        assert.isDefined(link)
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

    it.effect("asks again for a key that is not accepted", () =>
      Effect.gen(function* () {
        const { page, parley } = yield* opened
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
})
