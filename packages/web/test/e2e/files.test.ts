/** Files that a browser cannot read go by way of the server. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { makePdf } from "../../../runtime/test/attachments/support/makePdf.ts"
import {
  chromiumPath,
  composer,
  desktop,
  ended,
  goOffline,
  launchBrowser,
  openPage,
  phone,
  say,
  screenshot,
  signIn,
  startServer,
  withoutWorker
} from "../support/openApp.ts"

const pdf = (name: string, content: Uint8Array) => ({ name, mimeType: "application/pdf", buffer: Buffer.from(content) })

describe.skipIf(chromiumPath === "")("a PDF in the app", () => {
  it.live(
    "reaches the model with its text, also from an edited message; one without any is refused, and what was written stays; whoever has a link to the branch can save it",
    () =>
      Effect.gen(function* () {
        const { parley, wire } = yield* startServer
        const browser = yield* launchBrowser
        wire.enqueue(answer("I have read it."), answer("I have read it again."))
        const { faults, page } = yield* Effect.promise(() => openPage(browser))
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await page.locator("input[type=file]").setInputFiles(pdf("empty.pdf", makePdf("")))
          await page.getByRole("button", { name: "Remove empty.pdf" }).waitFor()
          // Told in passing: looked for before it comes.
          const told = page
            .getByRole("alert")
            .or(page.getByText(/no text/i))
            .first()
            .waitFor()
          await say(page, "What does it say?")
          await told
          assert.strictEqual(await composer(page).inputValue(), "What does it say?")
          await page.getByRole("button", { name: "Remove empty.pdf" }).click()
          await page.locator("input[type=file]").setInputFiles(pdf("paper.pdf", makePdf("the walrus was Paul")))
          await page.getByRole("button", { name: "Remove paper.pdf" }).waitFor()
          await composer(page).press("Enter")
          await ended(page).waitFor()
          await page.getByText("paper.pdf").first().waitFor()
          await page.getByRole("button", { name: "Share by link" }).click()
          await page.getByRole("button", { name: "Create a link" }).click()
          const reader = await openPage(browser, withoutWorker)
          await reader.page.goto(await page.getByLabel("Copy the link").inputValue())
          const saving = reader.page.waitForEvent("download")
          await reader.page.getByRole("link", { name: "paper.pdf" }).click()
          assert.strictEqual((await saving).suggestedFilename(), "paper.pdf")
          assert.deepStrictEqual(reader.faults, [])
          await page.keyboard.press("Escape")
          await page.locator(".person").hover()
          await page.getByRole("button", { name: "Edit", exact: true }).click()
          await page.getByLabel("Edit the message").fill("Who was Paul?")
          await page.getByLabel("Edit the message").press("Enter")
          await page.getByText("I have read it again.").waitFor()
        })
        assert.strictEqual(wire.requests.length, 2)
        for (const { body } of wire.requests) assert.include(JSON.stringify(body), "the walrus was Paul")
        assert.deepStrictEqual(faults, [])
      })
  )

  it.live("that is text stands as a file beside what was said, which alone is copied, edited and the conversation's title", () =>
    Effect.gen(function* () {
      const { parley, wire } = yield* startServer
      const browser = yield* launchBrowser
      wire.enqueue(answer("I have read it."))
      const { faults, page } = yield* Effect.promise(() => openPage(browser, withoutWorker))
      yield* Effect.promise(async () => {
        await signIn(page, parley.url, parley.key)
        await page
          .locator("input[type=file]")
          .setInputFiles({ name: "main.go", mimeType: "", buffer: Buffer.from("package walrus") })
        await page.locator(".attachment").getByText("main.go").waitFor()
        await page.locator(".attachment .spinner").waitFor({ state: "detached" })
        await say(page, "What is it?")
        await ended(page).waitFor()
        assert.deepStrictEqual(await page.locator(".bubble").allInnerTexts(), ["What is it?"])
        await page.getByRole("heading", { level: 1, name: "What is it?", exact: true }).waitFor()
        await page.locator(".person").hover()
        await page.locator(".person").getByRole("button", { name: "Edit", exact: true }).click()
        assert.strictEqual(await page.getByLabel("Edit the message").inputValue(), "What is it?")
        await page.getByRole("button", { name: "Cancel" }).click()
        const saving = page.waitForEvent("download")
        await page.getByRole("link", { name: "main.go" }).click()
        assert.strictEqual((await saving).suggestedFilename(), "main.go")
      })
      const [request] = wire.requests.map(({ body }) => JSON.stringify(body))
      assert.include(request, "package walrus")
      assert.include(request, "main.go")
      assert.deepStrictEqual(faults, [])
    })
  )

  for (const [name, options] of [
    ["desktop", desktop],
    ["phone-dark", { ...phone, colorScheme: "dark" as const }]
  ] as const) {
    it.live(
      `that needs a network says so before it is sent without one, and goes out with its text once there is one: ${name}`,
      () =>
        Effect.gen(function* () {
          const { parley, wire } = yield* startServer
          const browser = yield* launchBrowser
          wire.enqueue(answer("I have read it."))
          const { faults, page } = yield* Effect.promise(() => openPage(browser, options))
          yield* Effect.promise(async () => {
            await page.clock.install()
            await signIn(page, parley.url, parley.key)
            await page.locator("input[type=file]").setInputFiles(pdf("paper.pdf", makePdf("the walrus was Paul")))
            await composer(page).fill("What does it say?")
            const hint = page.locator(".composer-away")
            assert.isFalse(await hint.isVisible())
            await goOffline(page)
            await hint.getByText("“paper.pdf” needs the network").waitFor()
            await screenshot(page, `file-offline-${name}`)
            await composer(page).press("Enter")
            await page.getByRole("alert").filter({ hasText: "“paper.pdf” needs the network" }).waitFor()
            await screenshot(page, `file-offline-asked-${name}`)
            assert.strictEqual(await composer(page).inputValue(), "What does it say?")
            await page.getByRole("button", { name: "Remove paper.pdf" }).waitFor()
            assert.strictEqual(new URL(page.url()).pathname, "/", "nothing is begun")
            await page.context().setOffline(false)
            await hint.waitFor({ state: "hidden" })
            await composer(page).press("Enter")
            await ended(page).waitFor()
          })
          assert.deepStrictEqual(
            wire.requests.map(({ body }) => JSON.stringify(body).includes("the walrus was Paul")),
            [true]
          )
          assert.deepStrictEqual(faults, [])
        })
    )
  }
})
