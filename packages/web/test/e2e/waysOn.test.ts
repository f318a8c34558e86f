/** What is said of an answer that ended before its end, or of a message that was not taken, and the way on from there. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { createConversation, request } from "../../../cli/test/e2e/support/api.ts"
import { answer, raw } from "../../../providers/test/wire/WireServer.ts"
import { bubbles, idOf, ownTenant } from "../support/begunOffline.ts"
import {
  App,
  chromiumPath,
  composer,
  ended,
  freshApp,
  openPageAgain,
  places,
  say,
  screenshot,
  showList,
  signIn
} from "../support/openApp.ts"

/** On OpenAI's wire a refusal is a text of its own. */
const refusal = (text: string) => {
  const frame = (delta: object, finish_reason: "stop" | null = null) =>
    `data: ${JSON.stringify({ id: "one", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] })}\n\n`
  return raw([frame({ role: "assistant", refusal: text }), frame({}, "stop"), "data: [DONE]\n\n"])
}

const tooLong = "The answer reached its length limit."

describe.skipIf(chromiumPath === "")("the way on", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "from an answer that reached its length limit is to let its model continue; one that was held back or declined says so: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(
            answer("One, two,", { finish: "length" }),
            answer("three,", { finish: "length" }),
            answer("Eins, zwei,", { finish: "length" }),
            answer("drei."),
            answer("It begins", { finish: "content-filter" }),
            refusal("I would rather not.")
          )
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const goOn = page.getByRole("button", { name: "Continue" })
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await say(page, "Count")
            await page.getByText(tooLong).waitFor()
            await goOn.click()
            await page.getByText("three,").waitFor()
            await page.getByText(tooLong).nth(1).waitFor()
            assert.strictEqual(await goOn.count(), 1, "only the last answer is continued")
            // The one that was cut off goes on, and not the one that is asked first.
            await page.getByRole("button", { name: "Ask another model" }).last().click()
            await page.getByRole("option", { name: "gpt-5-mini" }).click()
            await page.getByText("Eins, zwei,").waitFor()
            await page.getByText(tooLong).nth(1).waitFor()
            await goOn.click()
            await page.getByText("drei.").waitFor()
            await ended(page).waitFor()
            assert.strictEqual(await goOn.count(), 0)
            await say(page, "Something odd")
            await page.getByText("The provider held back the rest of this answer.").waitFor()
            await say(page, "Something worse")
            await page.getByText("The model declined to answer.").waitFor()
            await page.getByText("I would rather not.").waitFor()
            await screenshot(page, "refused")
            assert.deepStrictEqual(await bubbles(page), ["Count", "Continue.", "Continue.", "Something odd", "Something worse"])
            await page.reload()
            await page.getByText("The model declined to answer.").waitFor()
            await page.getByText("The provider held back the rest of this answer.").waitFor()
          })
          assert.deepStrictEqual(
            wire.requests.map(({ model }) => model),
            ["gpt-5", "gpt-5", "gpt-5-mini", "gpt-5-mini", "gpt-5", "gpt-5"]
          )
          const said = JSON.stringify(wire.requests[1]?.body)
          assert.isBelow(said.indexOf("One, two,"), said.indexOf("Continue."), said)
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "from a message that was not taken is to discard it, with the conversation that it was to begin: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, conversations, messages, parley, server, tenant, wire } = yield* ownTenant
          wire.enqueue(answer("Of otters."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const allow = (allowedModels: ReadonlyArray<string>) =>
            request(server, "PUT", `/api/tenants/${tenant.id}/models`, { allowedModels })
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await page.getByRole("button", { name: "Model: gpt-5", exact: true }).waitFor()
          })
          yield* allow(["openai/gpt-5-mini"])
          yield* Effect.promise(async () => {
            await say(page, "Otters")
            await page.getByText("Not sent.").waitFor()
            await screenshot(page, "not-sent")
            await page.getByRole("button", { name: "Discard" }).click()
            await page.getByText("What shall we talk about?").waitFor()
            assert.strictEqual(new URL(page.url()).pathname, "/")
            assert.strictEqual(await composer(page).inputValue(), "")
            await page.reload()
            await showList(page)
            await page.getByText("No conversations yet").waitFor()
            assert.deepStrictEqual(await conversations(), [])
          })
          yield* allow(["openai/gpt-5", "openai/gpt-5-mini"])
          const { id } = yield* createConversation(parley, { title: "Otters", model: "openai/gpt-5" })
          yield* allow(["openai/gpt-5-mini"])
          yield* Effect.promise(async () => {
            await page.goto(`${parley.url}/c/${id}`)
            await say(page, "One")
            await page.getByText("Not sent.").waitFor()
            await page.getByRole("button", { name: "Discard" }).click()
            await page.locator(".bubble").waitFor({ state: "detached" })
            assert.strictEqual(idOf(page), id)
            await page.reload()
            await composer(page).waitFor()
            assert.deepStrictEqual(await bubbles(page), [])
            assert.deepStrictEqual(await messages(id), [])
          })
          assert.strictEqual(wire.requests.length, 0)
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
