/** The README's examples of the client library for browsers, in one: on the server's origin, where there is nothing of the app. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { createClient } from "../../../sdk/src/sdk.ts"
import { bundle, exampleOf } from "../../../sdk/test/support/bundle.ts"
import { App, chromiumPath, freshApp, openPage, withoutWorker } from "../support/openApp.ts"

const mountMessages = `
import { createElement } from "react"
import { createRoot } from "react-dom/client"
import { Messages } from ${exampleOf("react")}

export const show = (id) => createRoot(document.body.appendChild(document.createElement("div"))).render(createElement(Messages, { id }))
`

describe.skipIf(chromiumPath === "")("the client library's examples", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect("browser: what was written without a network waits, is sent once, and is answered", () =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer(["Two ", "minutes."]))
        const { faults, page } = yield* Effect.promise(() => openPage(browser, withoutWorker))
        yield* Effect.promise(async () => {
          const { code } = await bundle(`import ${exampleOf("browser")}`)
          await page.goto(`${parley.url}/health/live`)
          const signedIn = await page.request.post(`${parley.url}/api/session`, {
            data: { apiKey: parley.key },
            headers: { origin: parley.url }
          })
          assert.isTrue(signedIn.ok())
          await page.context().setOffline(true)
          await page.addScriptTag({ content: code, type: "module" })
          await page.getByText("user: How long should green tea brew? …", { exact: true }).waitFor()
          await page.context().setOffline(false)
          await page.getByText("assistant: Two minutes.", { exact: true }).waitFor()
          await page.getByText("user: How long should green tea brew?", { exact: true }).waitFor()
          assert.deepStrictEqual(await page.locator("ol > li").allTextContents(), [
            "user: How long should green tea brew?",
            "assistant: Two minutes."
          ])
          assert.deepStrictEqual(faults, [])
        })
      })
    )

    it.effect("React: shows a conversation as it grows, and stops an answer", () =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer(["Four ", "minutes, ", "or five."], { holdAfter: 2 }))
        const { faults, page } = yield* Effect.promise(() => openPage(browser, withoutWorker))
        const other = yield* Effect.acquireRelease(
          Effect.sync(() => createClient({ url: parley.url, apiKey: parley.key })),
          (client) => Effect.sync(client.close)
        )
        yield* Effect.promise(async () => {
          const root = fileURLToPath(new URL("../..", import.meta.url))
          const { code } = await bundle(mountMessages, { root, serverUrl: parley.url, global: "example" })
          const { id } = await other.conversations.create({ model: "openai/gpt-5" })
          await page.goto(`${parley.url}/health/live`)
          await page.evaluate((key) => localStorage.setItem("parley-key", key), parley.key)
          await page.addScriptTag({ content: `${code}; example.show(${JSON.stringify(id)})` })
          const { run } = await other.conversation(id).send("And black tea?").accepted()
          await page.getByText("Four minutes,").waitFor()
          const shown = page.locator("main > p")
          assert.strictEqual(await shown.first().textContent(), "And black tea?")
          await page.getByRole("button", { name: "Stop" }).click()
          assert.strictEqual((await run?.finished())?.terminal.type, "run-cancel")
          await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" })
          assert.deepStrictEqual(await shown.allTextContents(), ["And black tea?", "Four minutes, "])
          assert.deepStrictEqual(faults, [])
        })
      })
    )
  })
})
