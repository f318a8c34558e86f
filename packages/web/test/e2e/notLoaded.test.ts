/** A file of the app does not come. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { axeFaults } from "../support/lookOver.ts"
import {
  App,
  beSignedIn,
  chromiumPath,
  composer,
  freshApp,
  openPage,
  places,
  screenshot,
  withoutWorker
} from "../support/openApp.ts"

const script = /\/assets\/libraries-.*\.js/
const style = /\/assets\/app-.*\.css/

/** So many times; gives back how often it was asked for. */
const failTimes = async (page: Page, file: RegExp, times: number): Promise<() => number> => {
  let asked = 0
  await page.route(file, (route) => (++asked > times ? route.continue() : route.abort()))
  return () => asked
}

describe.skipIf(chromiumPath === "")("an app of which a file does not come", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)("is loaded once more by itself; then it is told, with a way on: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { faults, page } = yield* Effect.promise(() => openPage(browser, { ...withoutWorker, ...place }))
        yield* Effect.promise(async () => {
          await beSignedIn(page, parley)
          const asked = await failTimes(page, script, 1)
          await page.goto(parley.url, { waitUntil: "commit" })
          await composer(page).waitFor()
          assert.strictEqual(asked(), 2)
          await page.unrouteAll()
          await failTimes(page, script, 1)
          await page.reload({ waitUntil: "commit" })
          await page.getByRole("alert").getByRole("heading", { name: "Parley could not be loaded" }).waitFor()
          await screenshot(page, "not-loaded")
          assert.deepStrictEqual(await axeFaults(page), [])
          await page.getByRole("button", { name: "Try again" }).click()
          await composer(page).waitFor()
          await page.evaluate(() => sessionStorage.clear())
          await page.unrouteAll()
          const styled = await failTimes(page, style, 1)
          await page.reload({ waitUntil: "commit" })
          await page.waitForFunction(() => [...document.styleSheets].some(({ href }) => /app-/.test(href ?? "")))
          await composer(page).waitFor()
          assert.strictEqual(styled(), 2)
        })
        assert.deepStrictEqual(faults, [])
      })
    )
  })
})
