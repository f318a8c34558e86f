/** What an answer shows beside its text: who went on with it, what it thought, what it asked of tools, and what it cost. */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import type { Browser, BrowserContextOptions } from "playwright-core"
import { request } from "../../../cli/test/e2e/support/api.ts"
import type { Parley } from "../../../cli/test/e2e/support/startParley.ts"
import { startRouted } from "../../../cli/test/e2e/support/startRouted.ts"
import { answer, httpError, type WireServer } from "../../../providers/test/wire/WireServer.ts"
import {
  chromiumPath,
  ended,
  launchBrowser,
  leavesNoPage,
  openPageAgain,
  places,
  say,
  screenshot,
  signIn
} from "../support/openApp.ts"

/** A route over two providers, with prices. */
class Routed extends Context.Service<
  Routed,
  { readonly one: WireServer; readonly two: WireServer; readonly parley: Parley; readonly browser: Browser }
>()("@parley/web/test/Routed") {
  static readonly layer = Layer.effect(
    Routed,
    Effect.gen(function* () {
      const prices = {
        "one/first": { contextTokens: 128_000, price: { input: 1, output: 10 } },
        "two/second": { price: { input: 1_000, output: 10_000 } }
      }
      const { one, parley, two } = yield* startRouted({ one: "first", two: "second" }, { models: prices })
      return { one, two, parley, browser: yield* launchBrowser }
    })
  )
}

const opened = Effect.fnUntraced(function* (place: BrowserContextOptions) {
  const { browser, parley } = yield* Routed
  yield* leavesNoPage(browser)
  const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
  yield* Effect.promise(async () => {
    await page.addInitScript(() => localStorage.setItem("parley.model", "best"))
    await signIn(page, parley.url, parley.key)
    await page.getByRole("button", { name: "Model: best" }).waitFor()
  })
  return { faults, page }
})

describe.skipIf(chromiumPath === "")("an answer", () => {
  layer(Routed.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "that another model went on with says so, at once and after a reload; and is its own where it is shared: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { one, two } = yield* Routed
          const { faults, page } = yield* opened(place)
          one.enqueue(answer("alpha beta gamma delta", { cutAfter: 2 }))
          two.enqueue(answer("gamma delta"))
          yield* Effect.promise(async () => {
            await say(page, "Count, please")
            await page.getByText("first failed; second went on").waitFor()
            await ended(page).waitFor()
            assert.strictEqual(await page.locator(".answer .markdown").innerText(), "alpha beta gamma delta")
            await screenshot(page, "failed-over")
            await page.reload()
            await page.getByText("best: second answered in place of another").waitFor()
            assert.strictEqual(await page.locator(".answer .markdown").innerText(), "alpha beta gamma delta")
            await page.getByRole("button", { name: "Share by link" }).click()
            await page.getByRole("button", { name: "Create a link" }).click()
            await page.goto(await page.getByLabel("Copy the link").inputValue())
            await page.getByRole("article", { name: "second" }).getByText("alpha beta gamma delta").waitFor()
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "that nothing failed at is its model's, not the route's, and says nothing of a failure: at once, after a reload and where it is shared: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { one } = yield* Routed
          const { faults, page } = yield* opened(place)
          one.enqueue(answer("alpha beta"))
          yield* Effect.promise(async () => {
            await say(page, "Count, please")
            await ended(page).waitFor()
            const isFirsts = async () => {
              await page.getByRole("article", { name: "first answers" }).getByText("alpha beta").waitFor()
              assert.strictEqual(await page.locator("[data-kind=switch]").count(), 0)
            }
            await isFirsts()
            await page.reload()
            await isFirsts()
            await page.getByRole("button", { name: "Details" }).click()
            const details = page.getByRole("dialog", { name: "Details" })
            assert.match(await details.innerText(), /Model\s+one\/first\s+Asked for\s+best/)
            await screenshot(page, "route-details")
            await page.keyboard.press("Escape")
            await page.getByRole("button", { name: "Share by link" }).click()
            await page.getByRole("button", { name: "Create a link" }).click()
            await page.goto(await page.getByLabel("Copy the link").inputValue())
            await page.getByRole("article", { name: "first" }).getByText("alpha beta").waitFor()
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "has a price before it is asked for: the chooser tells what each model costs and how much it can read: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { faults, page } = yield* opened(place)
          yield* Effect.promise(async () => {
            await page.getByRole("button", { name: "Model: best" }).click()
            const told = (name: RegExp) => page.getByRole("option", { name }).locator("small")
            assert.strictEqual(await told(/first/).innerText(), "US$1/M in · US$10/M out · 128k context")
            assert.strictEqual(await told(/second/).innerText(), "US$1,000/M in · US$10,000/M out")
            assert.strictEqual(await told(/best/).count(), 0, "what a route costs is known with its answer")
            await screenshot(page, "models")
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("that nobody could give says so, and can be asked for again: %s", ([, place]) =>
      Effect.gen(function* () {
        const { one, two } = yield* Routed
        const { page } = yield* opened(place)
        for (const wire of [one, two]) wire.enqueue(httpError(400, { error: { message: "no such thing" } }))
        yield* Effect.promise(async () => {
          await say(page, "Fail, please")
          await page.locator(".message-fault").waitFor()
          one.enqueue(answer("Now it is there."))
          await page.getByRole("button", { name: "Try again" }).click()
          await page.getByText("Now it is there.").waitFor()
          await ended(page).waitFor()
        })
      })
    )

    it.effect.each(places)(
      "keeps thoughts and tool calls folded until they are wanted, and tells what it cost: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { one } = yield* Routed
          const { faults, page } = yield* opened(place)
          const call = { id: "call_1", name: "look_up", arguments: '{"city":"Bern"}' }
          const usage = { inputTokens: 10_000, outputTokens: 4_000 }
          one.enqueue(answer("It rains.", { reasoning: "I should look it up.", toolCalls: [call], usage }))
          yield* Effect.promise(async () => {
            await say(page, "How is the weather?")
            await ended(page).waitFor()
            const answered = page.locator(".answer").last()
            await answered.getByText("$0.05").waitFor()
            const [thought, asked] = [answered.getByText("I should look it up."), answered.getByText('"Bern"')]
            assert.isFalse(await asked.isVisible())
            await answered.getByText("Tool look_up").click()
            await asked.waitFor()
            assert.isFalse(await thought.isVisible())
            await answered.getByText("Thoughts").click()
            await thought.waitFor()
            await screenshot(page, "folds")
            await page.reload()
            await page.getByText("$0.05").waitFor()
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "shows what a tool answered with the call, at once and after a reload; and by itself where no call is to be seen: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { one, parley } = yield* Routed
          const { faults, page } = yield* opened(place)
          const calls = [
            { id: "call_1", name: "look_up", arguments: '{"city":"Bern"}' },
            { id: "call_2", name: "look_out", arguments: "{}" }
          ]
          one.enqueue(answer("One moment.", { toolCalls: calls }), answer("It rains."), answer("So it is."))
          const answered = page.locator(".answer").first()
          const conversation = yield* Effect.promise(async () => {
            await say(page, "How is the weather?")
            await ended(page).waitFor()
            await answered.getByText("Tool look_up").click()
            return new URL(page.url()).pathname.replace("/c/", "/api/conversations/")
          })
          const sent = yield* request(parley, "POST", `${conversation}/messages`, {
            clientMessageId: "a-program-ran-them",
            content: [
              { type: "tool-result", toolCallId: "call_1", content: '{"sky":"low clouds"}' },
              { type: "tool-result", toolCallId: "call_2", content: "there is no window", isError: true }
            ]
          })
          assert.isBelow(sent.status, 300)
          yield* Effect.promise(async () => {
            await page.getByText("It rains.").waitFor()
            await answered.getByText('"low clouds"').waitFor()
            await answered.getByText("Tool look_out failed").waitFor()
            assert.strictEqual(await page.locator(".person").count(), 1, "nobody has said anything more")
            await page.reload()
            await page.getByText("It rains.").waitFor()
            assert.isFalse(await answered.getByText('"low clouds"').isVisible())
            await answered.getByText("Tool look_up").click()
            await answered.getByText('"low clouds"').waitFor()
            await screenshot(page, "tool-result")
          })
          yield* request(parley, "POST", `${conversation}/messages`, {
            clientMessageId: "of-another-branch",
            content: [
              { type: "text", text: "And this, from elsewhere:" },
              { type: "tool-result", toolCallId: "call_of_nobody", content: "a walrus" }
            ]
          })
          yield* Effect.promise(async () => {
            const person = page.locator(".person").last()
            await person.getByText("And this, from elsewhere:").waitFor()
            assert.isFalse(await person.getByText("a walrus").isVisible())
            await person.getByText("Result of a tool").click()
            await person.getByText("a walrus").waitFor()
            await page.getByText("So it is.").waitFor()
            await screenshot(page, "tool-result-alone")
          })
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
