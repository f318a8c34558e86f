/** A link that one came by is not lost for a fault that passes: what was filled in and what was read stay, with a way to try again. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { createConversation } from "../../../cli/test/e2e/support/api.ts"
import { App, chromiumPath, composer, freshApp, openPage, signIn, withoutWorker, onPhone } from "../support/openApp.ts"
import { issued } from "../support/issued.ts"

/** The next request for this path is answered by a proxy whose server is away, once. */
const failOnce = (page: Page, path: string): Promise<unknown> =>
  page.route(`**${path}`, (route) => route.fulfill({ status: 502, contentType: "text/html", body: "<h1>502</h1>" }), { times: 1 })

const again = (page: Page) => page.getByRole("button", { name: "Try again" })

describe.skipIf(chromiumPath === "")("after a passing fault", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(onPhone)(
      "an invitation is asked for again, keeps the name that was given, and lets in; who is known is asked for none: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          const { id } = yield* createConversation(parley, { title: "Tea" })
          const token = yield* issued(parley, `/api/conversations/${id}/invites`, { maxUses: 2 })
          const link = `${parley.url}/#invite=${token}`
          const guest = yield* Effect.promise(() => openPage(browser, { ...withoutWorker, ...place }))
          yield* Effect.promise(async () => {
            const { page } = guest
            await failOnce(page, "/api/invites/preview")
            await page.goto(link)
            await again(page).click()
            await page.getByLabel("Your name").fill("Ada")
            await failOnce(page, "/api/invites/accept")
            await page.getByRole("button", { name: "Join" }).click()
            await page.getByRole("alert").waitFor()
            assert.strictEqual(await page.getByLabel("Your name").inputValue(), "Ada")
            await again(page).click()
            await composer(page).waitFor()
            assert.strictEqual(new URL(page.url()).pathname, `/c/${id}`)
            assert.notInclude(page.url(), token)
          })
          const known = yield* Effect.promise(() => openPage(browser, { ...withoutWorker, ...place }))
          yield* Effect.promise(async () => {
            const { page } = known
            await signIn(page, parley.url, parley.key)
            await page.goto("about:blank")
            await page.goto(link)
            await page.getByText(/^You join as /).waitFor()
            assert.strictEqual(await page.getByLabel("Your name").count(), 0)
            await page.reload()
            await page.getByRole("button", { name: "Join" }).click()
            await composer(page).waitFor()
          })
          assert.deepStrictEqual([...guest.faults, ...known.faults], [])
        })
    )

    it.effect.each(onPhone)(
      "what was read of a shared conversation stays in sight, under its title, and goes on: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          const { faults, page } = yield* Effect.promise(() => openPage(browser, { ...withoutWorker, ...place }))
          const message = (text: string) => ({
            role: "user",
            author: 1,
            model: null,
            content: [{ type: "text", text }],
            createdAtMs: 0
          })
          const pages = { "": message("The first page."), second: message("The second page.") }
          yield* Effect.promise(async () => {
            await page.route("**/api/shared/*", (route) => {
              const cursor = new URL(route.request().url()).searchParams.get("cursor") ?? ""
              const isFirst = cursor === ""
              return route.fulfill({
                json: {
                  title: "How to brew",
                  sharedAtMs: 0,
                  messages: [isFirst ? pages[""] : pages.second],
                  nextCursor: isFirst ? "second" : null
                }
              })
            })
            await page.goto(`${parley.url}/s#token`)
            await page.getByText("The first page.").waitFor()
            assert.strictEqual(await page.title(), "How to brew · Parley")
            await failOnce(page, "/api/shared/*")
            await page.getByRole("button", { name: "Show more" }).click()
            await page.getByRole("alert").waitFor()
            assert.isTrue(await page.getByText("The first page.").isVisible())
            await again(page).click()
            await page.getByText("The second page.").waitFor()
            assert.isTrue(await page.getByText("The first page.").isVisible())
          })
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
