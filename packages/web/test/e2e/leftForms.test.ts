/** A form that is closed with its dialog is not lost, and what was saved is not there to be saved twice. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { hold, refusal } from "../support/hold.ts"
import { App, chromiumPath, freshApp, onPhone, openPageAgain, showList, signIn } from "../support/openApp.ts"

describe.skipIf(chromiumPath === "")("a prompt that is typed", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(onPhone)("is there again while it is neither saved nor given up, and only then: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
        const dialog = page.getByRole("dialog", { name: "Settings" })
        const name = page.getByLabel("Name", { exact: true })
        const openLibrary = async (): Promise<void> => {
          await page.getByRole("button", { name: "Account and settings" }).click()
          await page.getByRole("menuitem", { name: "Settings" }).click()
          await page.getByRole("tab", { name: "Prompt library" }).click()
        }
        const close = async (): Promise<void> => {
          await page.keyboard.press("Escape")
          await dialog.waitFor({ state: "detached" })
        }
        const begin = () => page.getByRole("button", { name: "New prompt" }).click()
        /** Pressed, and on its way. */
        const saves = async (title: string, answer?: { readonly status: number; readonly json: unknown }) => {
          const made = await hold(page, /\/api\/prompts$/, "POST", answer)
          await name.fill(title)
          await page.getByLabel("Text", { exact: true }).fill("Answer as one.")
          await page.getByRole("button", { name: "Save" }).click()
          await made.asked
          return made
        }
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await showList(page)
          await openLibrary()

          // One letter more before the answer.
          await begin()
          const otter = await saves("Otter")
          await name.fill("Otters")
          await otter.letGo()
          await page.locator(".entries").getByText("Otter", { exact: true }).waitFor()
          await begin()
          assert.strictEqual(await name.inputValue(), "")

          // Closed before the answer, and begun again.
          const badger = await saves("Badger")
          await close()
          await openLibrary()
          await begin()
          assert.strictEqual(await name.inputValue(), "")
          await badger.letGo()
          assert.strictEqual(await name.inputValue(), "")
          await page.getByRole("button", { name: "Cancel" }).click()
          assert.strictEqual(await page.locator(".entries").getByText("Badger", { exact: true }).count(), 1)

          // The same, and it is refused: it is there again, unless another one was begun.
          for (const [title, next, left] of [
            ["Fox", "", "Fox"],
            ["Hare", "Owl", "Owl"]
          ] as const) {
            await begin()
            const refused = await saves(title, refusal)
            await close()
            await openLibrary()
            await begin()
            if (next !== "") await name.fill(next)
            await refused.letGo()
            assert.strictEqual(await name.inputValue(), next)
            await close()
            await openLibrary()
            await begin()
            assert.strictEqual(await name.inputValue(), left)
            await page.getByRole("button", { name: "Cancel" }).click()
          }

          // Given up it is not, whatever becomes of it.
          await begin()
          const mole = await saves("Mole", refusal)
          await page.getByRole("button", { name: "Cancel" }).click()
          await mole.letGo()
          await begin()
          assert.strictEqual(await name.inputValue(), "")
        })
        assert.deepStrictEqual(faults, [])
      })
    )
  })
})
