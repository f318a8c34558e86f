/** Who is in a room, and out of it again; and what the people of one workspace share. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { createConversation, createKey } from "../../../cli/test/e2e/support/api.ts"
import { App, chromiumPath, composer, freshApp, openPageAgain, places, screenshot, showList, signIn } from "../support/openApp.ts"
import { issued } from "../support/issued.ts"

const settings = async (page: Page, tab: string): Promise<void> => {
  await showList(page)
  await page.getByRole("button", { name: "Account and settings" }).click()
  await page.getByRole("menuitem", { name: "Settings" }).click()
  await page.getByRole("tab", { name: tab }).click()
}

describe.skipIf(chromiumPath === "")("people of a workspace", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "are taken out of a room by its owner, or leave it: they have it no longer, and the owner sees them go: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          const { id } = yield* createConversation(parley, { title: "A room" })
          const token = yield* issued(parley, `/api/conversations/${id}/invites`, { maxUses: 5 })
          const bobs = yield* createKey(parley, { displayName: "Bob" })
          const [, elsewhere = place] = places.find(([, other]) => other !== place) ?? []
          const host = yield* Effect.promise(() => openPageAgain(browser, place))
          const ada = yield* Effect.promise(() => openPageAgain(browser, place))
          const bob = yield* Effect.promise(() => openPageAgain(browser, elsewhere))
          yield* Effect.promise(async () => {
            const isOut = async (page: Page) => {
              await page.getByRole("heading", { name: "This conversation is gone" }).waitFor()
              await page.getByText("It was deleted, or you were removed from it.").waitFor()
              assert.strictEqual(await page.getByRole("dialog").count(), 0)
              await showList(page)
              await page.getByText("No conversations yet").waitFor()
              assert.strictEqual(await page.getByRole("link", { name: "A room" }).count(), 0)
            }
            await signIn(host.page, parley.url, parley.key)
            await host.page.goto(`${parley.url}/c/${id}`)
            await ada.page.goto(`${parley.url}/#invite=${token}`)
            await ada.page.getByLabel("Your name").fill("Ada")
            await ada.page.getByRole("button", { name: "Join" }).click()
            await composer(ada.page).waitFor()
            await signIn(bob.page, parley.url, bobs.secret)
            await bob.page.goto("about:blank")
            await bob.page.goto(`${parley.url}/#invite=${token}`)
            await bob.page.getByText("You join as Bob.").waitFor()
            await bob.page.getByRole("button", { name: "Join" }).click()
            await composer(bob.page).waitFor()

            await host.page.getByRole("button", { name: "3 people" }).click()
            await host.page.getByRole("button", { name: "Remove Bob" }).waitFor()
            await screenshot(host.page, "people-owner")
            await host.page.getByRole("button", { name: "Remove Bob" }).click()
            // Nobody is out by one press.
            const question = host.page.locator(".toast", { hasText: "Remove Bob? Only a new link leads back." })
            await question.waitFor()
            await host.page.locator(".people").getByText("Bob").waitFor()
            await question.getByRole("button", { name: "Remove", exact: true }).click()
            await isOut(bob.page)
            await host.page.getByRole("dialog").getByText("Bob").waitFor({ state: "detached" })
            await bob.page.reload()
            await bob.page.getByRole("heading", { name: "This conversation is gone" }).waitFor()

            await ada.page.getByRole("button", { name: "2 people" }).click()
            await ada.page.getByRole("dialog").getByText("Owner", { exact: true }).last().waitFor()
            assert.strictEqual(await ada.page.getByRole("button", { name: /^Remove/ }).count(), 0)
            await ada.page.getByRole("dialog").getByRole("button", { name: "Leave" }).click()
            await ada.page.locator(".toast").getByRole("button", { name: "Leave" }).click()
            await isOut(ada.page)
            await host.page.getByRole("dialog").getByText("Ada").waitFor({ state: "detached" })
            await host.page.keyboard.press("Escape")
            await host.page.getByRole("button", { name: "Invite people" }).waitFor()
          })
          assert.deepStrictEqual([...host.faults, ...ada.faults, ...bob.faults], [])
        })
    )

    it.effect.each(places)(
      "come as guests to their room, and are offered nothing there that is refused to guests: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          const { id } = yield* createConversation(parley, { title: "A room" })
          const token = yield* issued(parley, `/api/conversations/${id}/invites`, { maxUses: 5 })
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const refused: Array<string> = []
          page.on("response", (response) => {
            if (response.status() === 403) refused.push(`${response.request().method()} ${response.url()}`)
          })
          const offers = (role: "button" | "menuitem" | "option", names: ReadonlyArray<string>) =>
            Effect.promise(async () => {
              for (const name of names) assert.strictEqual(await page.getByRole(role, { name }).count(), 0, name)
            })
          yield* Effect.promise(async () => {
            await page.goto(`${parley.url}/#invite=${token}`)
            await page.getByLabel("Your name").fill("Ada")
            await page.getByRole("button", { name: "Join" }).click()
            await composer(page).waitFor()
            await page.goto(parley.url)
            await page.waitForURL(`${parley.url}/c/${id}`)
            await composer(page).waitFor()
            await page.getByRole("button", { name: "2 people" }).waitFor()
            await composer(page).fill("Half a thought,\nand more")
          })
          yield* offers("button", ["New conversation", "Share by link", "Invite people", "How it answers"])
          yield* Effect.promise(async () => {
            await page.keyboard.press("Control+Shift+O")
            await page.getByRole("button", { name: "2 people" }).click()
            await page.getByRole("dialog").getByText("Ada").waitFor()
          })
          yield* offers("button", ["Create link"])
          yield* Effect.promise(async () => {
            await page.keyboard.press("Escape")
            await page.getByRole("button", { name: "Options of the conversation" }).click()
            await page.getByRole("menuitem", { name: "Export as JSON" }).waitFor()
          })
          yield* offers("menuitem", ["How it answers"])
          yield* Effect.promise(async () => {
            await page.keyboard.press("Escape")
            await page.keyboard.press("Control+K")
            await page.getByRole("option", { name: "Export as JSON" }).waitFor()
          })
          yield* offers("option", ["New conversation", "Share by link", "How it answers", "gpt-5"])
          yield* Effect.promise(async () => {
            await page.getByRole("option", { name: "Settings" }).click()
            await page.getByRole("radio", { name: "Dark" }).waitFor()
            assert.strictEqual(await page.getByRole("tab").count(), 0)
            await screenshot(page, "guest-settings")
            await page.keyboard.press("Escape")
            await showList(page)
            await page.getByRole("link", { name: "A room" }).waitFor()
          })
          yield* offers("button", ["New conversation"])
          yield* Effect.promise(async () => {
            const me = await page.request.get(`${parley.url}/api/session`)
            const { principal } = await me.json()
            const left = await page.request.delete(`${parley.url}/api/conversations/${id}/members/${principal.id}`, {
              headers: { origin: new URL(parley.url).origin }
            })
            assert.isTrue(left.ok(), await left.text())
            await page.getByRole("heading", { name: "This conversation is gone" }).waitFor()
            await page.getByText("Ask whoever invited you for a new link.").waitFor()
            assert.strictEqual(await page.getByLabel("You had not sent this yet:").inputValue(), "Half a thought,\nand more")
            await screenshot(page, "guest-removed")
          })
          yield* offers("button", ["Start a new one"])
          yield* Effect.promise(async () => {
            await page.goto(parley.url)
            await page.getByRole("heading", { name: "You take part in no conversation any more" }).waitFor()
            await screenshot(page, "guest-without-room")
            assert.strictEqual(await composer(page).count(), 0)
          })
          assert.deepStrictEqual(refused, [])
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("have the prompts that one of them shows to everybody, and no others: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const bobs = yield* createKey(parley, { displayName: "Bob" })
        const owner = yield* Effect.promise(() => openPageAgain(browser, place))
        const bob = yield* Effect.promise(() => openPageAgain(browser, place))
        yield* Effect.promise(async () => {
          const { page } = owner
          await signIn(page, parley.url, parley.key)
          await settings(page, "Prompt library")
          for (const [name, isShared] of [
            ["Summary", true],
            ["Summer", false]
          ] as const) {
            await page.getByRole("button", { name: "New prompt" }).click()
            await page.getByLabel("Name", { exact: true }).fill(name)
            await page.getByLabel("Text", { exact: true }).fill(`${name} of this:`)
            if (isShared) await page.getByLabel("Show it to everybody of this workspace").check()
            await page.getByRole("button", { name: "Save" }).click()
            await page.locator(".entries").getByText(name, { exact: true }).waitFor()
          }
          await signIn(bob.page, parley.url, bobs.secret)
          await composer(bob.page).pressSequentially("/sum")
          await bob.page.getByRole("option", { name: "Summary" }).waitFor()
          assert.strictEqual(await bob.page.getByRole("option").count(), 1)
          await composer(bob.page).press("Enter")
          assert.strictEqual(await composer(bob.page).inputValue(), "Summary of this:")
          await settings(bob.page, "Prompt library")
          const entry = bob.page.locator(".entries").getByRole("listitem")
          await entry.getByText("Summary", { exact: true }).waitFor()
          assert.strictEqual(await entry.count(), 1)
          assert.strictEqual(await entry.getByRole("button").count(), 0, "it is changed by whoever made it")

          await page.locator(".entries li", { hasText: "Summary" }).getByRole("button", { name: "Edit" }).click()
          await page.getByLabel("Show it to everybody of this workspace").uncheck()
          await page.getByRole("button", { name: "Save" }).click()
          await page.getByRole("button", { name: "New prompt" }).waitFor()
          await bob.page.reload()
          await settings(bob.page, "Prompt library")
          await bob.page.getByText("Nothing here yet.").waitFor()
        })
        assert.deepStrictEqual([...owner.faults, ...bob.faults], [])
      })
    )
  })
})
