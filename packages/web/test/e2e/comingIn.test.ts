/** Coming in and going out; and that what is chosen and told in the app reaches the provider, and what it says reaches the page. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Browser, Page } from "playwright-core"
import { inject, vi } from "vitest"
import { compiledBeside } from "../../../../test/support/compiledBeside.ts"
import { run } from "../../../../test/support/machine.ts"
import { waitTimeoutMs } from "../../../../test/support/waitTimeoutMs.ts"
import { createConversation, request } from "../../../cli/test/e2e/support/api.ts"
import type { Parley } from "../../../cli/test/e2e/support/startParley.ts"
import { answer, httpError } from "../../../providers/test/wire/WireServer.ts"
import {
  patience,
  openClockedPage,
  App,
  chromiumPath,
  composer,
  desktop,
  ended,
  enterKey,
  openPage,
  openPageAgain,
  phone,
  say,
  showList,
  places,
  signIn,
  freshApp,
  withoutWorker,
  asDarkPhone
} from "../support/openApp.ts"
import { onDevice } from "../support/onDevice.ts"

/** The address of a link that was printed. */
const printed = (text: string): string => /\S+#sign-in=\S+/.exec(text)?.[0] ?? assert.fail(`no link was printed: ${text}`)

/** What `parley link` says, asked for beside the running server. */
const linkCommand = ({ env, parley }: { readonly env: Readonly<Record<string, string>>; readonly parley: Parley }) =>
  Effect.promise(() => {
    const program = inject("program")
    const { port } = new URL(parley.url)
    const settings = { ...env, PARLEY_PORT: port, PARLEY_BOOTSTRAP_API_KEY: parley.key }
    return run(process.execPath, [program, "link"], {
      timeoutMs: waitTimeoutMs,
      env: { ...compiledBeside(program), ...settings }
    })
  })

/** How far the page is wider than the window, in CSS pixels. */
const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

describe.skipIf(chromiumPath === "")("coming in", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "works once by a printed link, and then not at the other place, leaves no secret where scripts see it, and ends by going out: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          // The one that the start printed is used once: the second comes as whoever runs the server gets it.
          const [, elsewhere = desktop] = places.find(([, other]) => other !== place) ?? []
          const link = place === desktop ? printed(parley.text()) : printed(yield* linkCommand(yield* App))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          yield* Effect.promise(async () => {
            await page.goto(link)
            await composer(page).waitFor()
            assert.notInclude(page.url(), "sign-in", "the token does not stay in the address")
            await page.reload()
            await composer(page).waitFor()
            const seen = await page.evaluate(
              () => document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)
            )
            assert.notMatch(seen, /p[kls]_[A-Za-z0-9]{8}/, "no key and no token")
            const other = await openPage(browser, { ...withoutWorker, ...elsewhere })
            await other.page.goto(link)
            await other.page.getByText("This link was used already or is too old.").waitFor()
            await showList(page)
            await page.getByRole("button", { name: "Account and settings" }).click()
            await page.getByRole("menuitem", { name: "Sign out" }).click()
            await page.getByRole("heading", { name: "Welcome to Parley" }).waitFor()
            await page.reload()
            await page.getByRole("heading", { name: "Welcome to Parley" }).waitFor()
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect("ends in every tab: none keeps anything of whoever has signed out, and the same person starts anew in any", () =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Of otters."))
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, withoutWorker))
        const other = yield* Effect.promise(() => page.context().newPage())
        const kept = async () => {
          const [{ keys: sendable }, { keys: seen }] = [await onDevice(page, "outbox"), await onDevice(page, "kept")]
          const noted = await page.evaluate(() =>
            Object.keys(localStorage).filter((key) => /^parley\.(draft|outbox|unread|me|principal|leaving)/.test(key))
          )
          return [...sendable, ...seen, ...noted]
        }
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await asDarkPhone(other)
          await other.goto(parley.url)
          await say(other, "Otters")
          await ended(other).waitFor()
          await composer(other).fill("Half a thought")
          await page.getByRole("button", { name: "Account and settings" }).click()
          await page.getByRole("menuitem", { name: "Sign out" }).click()
          for (const tab of [page, other]) await tab.getByLabel("Key").waitFor()
          assert.strictEqual(await other.getByText("nothing you wrote is lost").count(), 0)
          assert.deepStrictEqual(await kept(), [])
          await enterKey(other, parley.key)
          await other.getByText("Of otters.").waitFor()
          assert.strictEqual(await composer(other).inputValue(), "")
          await composer(other).fill("Anew")
          await other.reload()
          await other.getByText("Of otters.").waitFor()
          assert.strictEqual(await composer(other).inputValue(), "Anew")
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect("goes on where the tab that was signing out is closed first: what is written is kept again", () =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { faults, page } = yield* Effect.promise(() => openClockedPage(browser, withoutWorker))
        const other = yield* Effect.promise(() => page.context().newPage())
        const isLeaving = () => other.evaluate(() => localStorage.getItem("parley.leaving") !== null)
        yield* Effect.promise(async () => {
          // Never heard by the server, and the page never told so.
          await page.addInitScript(() => {
            const { fetch } = globalThis
            globalThis.fetch = (input, init) => (init?.method === "DELETE" ? new Promise(() => {}) : fetch(input, init))
          })
          await asDarkPhone(other)
          await signIn(page, parley.url, parley.key)
          await other.goto(parley.url)
          await composer(other).waitFor()
          await page.getByRole("button", { name: "Account and settings" }).click()
          await page.getByRole("menuitem", { name: "Sign out" }).click()
          await vi.waitUntil(isLeaving, patience)
          await page.close()
          await vi.waitUntil(async () => {
            await other.clock.fastForward(40_000)
            // As long as the app's own question takes.
            await other.evaluate(() => fetch("/api/session"))
            return !(await isLeaving())
          }, patience)
          await composer(other).fill("Half a thought")
          await other.reload()
          await composer(other).waitFor()
          assert.strictEqual(await composer(other).inputValue(), "Half a thought")
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)(
      "takes nothing over from whoever signed out in a tab that was closed before all was done: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { key } = (yield* freshApp).parley
          const { browser, parley } = yield* freshApp
          const { page } = yield* Effect.promise(() => openPageAgain(browser, { ...withoutWorker, ...place }))
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await composer(page).fill("Half a thought")
            // The server has heard of it; the page has not heard so.
            await page.route("**/api/session", async (route) => {
              await route.fetch()
              await page.close()
            })
            await showList(page)
            await page.getByRole("button", { name: "Account and settings" }).click()
            const closed = page.waitForEvent("close")
            await page.getByRole("menuitem", { name: "Sign out" }).click()
            await closed
            const next = await page.context().newPage()
            await next.goto(parley.url)
            await enterKey(next, key)
            await composer(next).waitFor()
            assert.strictEqual(await composer(next).inputValue(), "")
            assert.notInclude(await next.evaluate(() => JSON.stringify(localStorage)), "Half a thought")
          })
        })
    )

    it.effect("of somebody else in another tab takes the page along, with nothing of whoever was here", () =>
      Effect.gen(function* () {
        const { key } = (yield* freshApp).parley
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Of otters."))
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, withoutWorker))
        const other = yield* Effect.promise(() => page.context().newPage())
        yield* Effect.promise(async () => {
          await asDarkPhone(other)
          await signIn(page, parley.url, parley.key)
          await say(page, "Otters")
          await ended(page).waitFor()
          await composer(page).fill("Half a thought")
          await Promise.all([page.waitForEvent("load"), signIn(other, parley.url, key)])
          await composer(page).waitFor()
          assert.strictEqual(await composer(page).inputValue(), "")
          assert.strictEqual(await page.getByText("Otters").count(), 0)
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)("hands the chosen model, the system prompt and each parameter to the provider: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        yield* Effect.promise(async () => {
          const { page } = await openPageAgain(browser, place)
          await signIn(page, parley.url, parley.key)
          await page.getByRole("button", { name: /^Model:/ }).click()
          await page.getByRole("option", { name: /^gpt-5-mini/ }).click()
          await say(page, "One.")
          await ended(page).waitFor()
          await page.locator(".composer").getByRole("button", { name: "How it answers" }).click()
          await page.getByRole("dialog").locator(":focus").waitFor()
          await page.getByLabel("System prompt").fill("Answer in rhyme.")
          await page.getByLabel("Temperature").fill("0.3")
          assert.strictEqual(await page.getByLabel("Temperature").inputValue(), "0.3")
          await page.getByLabel("Top P").fill("0.85")
          await page.getByLabel("Longest answer, in tokens").fill("123")
          await page.getByLabel("Reasoning effort").selectOption("High")
          await page.getByRole("button", { name: "Save", exact: true }).click()
          await page.getByRole("dialog").waitFor({ state: "detached" })
          await say(page, "Two.")
        })
        const [first, second] = [yield* wire.received(0), yield* wire.received(1)]
        assert.deepStrictEqual([first.model, second.model], ["gpt-5-mini", "gpt-5-mini"])
        assert.include(JSON.stringify(second.body), "Answer in rhyme.")
        const given = { temperature: 0.3, top_p: 0.85, max_completion_tokens: 123, reasoning_effort: "high" }
        assert.deepInclude(second.body, given)
        assert.doesNotHaveAnyKeys(first.body, Object.keys(given))
      })
    )

    it.effect.each(places)(
      "keeps a number that was set elsewhere, between the steps of its field, and steps from it to the next: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          const { id } = yield* createConversation(parley, { title: "Tuned" })
          const parameters = { temperature: 0.25, topP: 0.123 }
          assert.strictEqual((yield* request(parley, "PATCH", `/api/conversations/${id}`, { parameters })).status, 200)
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await page.goto(`${parley.url}/c/${id}`)
            const open = async () => {
              await page.locator(".bar").getByRole("button", { name: "Options of the conversation" }).click()
              await page.getByRole("menuitem", { name: "How it answers" }).click()
            }
            await open()
            await page.getByLabel("System prompt").fill("Answer in rhyme.")
            assert.deepStrictEqual(
              [await page.getByLabel("Temperature").inputValue(), await page.getByLabel("Top P").inputValue()],
              ["0.25", "0.123"]
            )
            await page.getByRole("button", { name: "Save", exact: true }).click()
            await page.getByRole("dialog").waitFor({ state: "detached" })
            await open()
            const field = page.getByLabel("Temperature")
            const after = async (key: string) => {
              await field.press(key)
              return field.inputValue()
            }
            assert.deepStrictEqual([await after("ArrowUp"), await after("ArrowUp")], ["0.3", "0.4"])
            await field.fill("0.25")
            assert.strictEqual(await after("ArrowDown"), "0.2")
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("shows thoughts folded and tokens counted, and a failed answer with a way on: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(
          answer("Forty-two.", { reasoning: "Six times seven.", usage: { inputTokens: 1_234, outputTokens: 56 } }),
          httpError(400),
          answer("Now it works.")
        )
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await say(page, "What is it?")
          await ended(page).waitFor()
          assert.isFalse(await page.getByText("Six times seven.").isVisible())
          await page.getByText("Thoughts").click()
          await page.getByText("Six times seven.").waitFor()
          await page.getByText("1,234 in · 56 out").waitFor()
          await say(page, "And now?")
          await page.locator(".message-fault").getByRole("button", { name: "Try again" }).click()
          await page.getByText("Now it works.").waitFor()
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect("stays within its window from right to left, in forced colours and without motion", () =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.otherwise(() => answer("## שלום\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```ts\nconst long = `${'x'}`\n```\n"))
        yield* Effect.promise(async () => {
          for (const view of [desktop, phone]) await inWindow(browser, view, parley)
        })
      })
    )
  })
})

const inWindow = async (
  browser: Browser,
  view: typeof desktop,
  { key, url }: { readonly key: string; readonly url: string }
): Promise<void> => {
  const { faults, page } = await openPage(browser, { ...withoutWorker, ...view, forcedColors: "active", reducedMotion: "reduce" })
  await signIn(page, url, key)
  await say(page, "Shalom")
  await ended(page).waitFor()
  await page.evaluate(() => {
    document.documentElement.dir = "rtl"
  })
  assert.strictEqual(await overflow(page), 0)
  const box = (await composer(page).boundingBox()) ?? assert.fail("the message box is not there")
  const width = await page.evaluate(() => innerWidth)
  assert.isTrue(box.x >= 0 && box.x + box.width <= width, "the message box lies within the window")
  assert.deepStrictEqual(faults, [])
  await page.context().close()
}
