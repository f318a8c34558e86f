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

/** So many times; gives back how often it was asked for. */
const failTimes = async (page: Page, times: number): Promise<() => number> => {
  let asked = 0
  await page.route(/\/assets\/react-dom-/, (route) => (++asked > times ? route.continue() : route.abort()))
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
          const asked = await failTimes(page, 1)
          await page.goto(parley.url)
          await composer(page).waitFor()
          assert.strictEqual(asked(), 2)
          await page.unrouteAll()
          await failTimes(page, 1)
          await page.reload()
          await page.getByRole("alert").getByRole("heading", { name: "Parley could not be loaded" }).waitFor()
          await screenshot(page, "not-loaded")
          assert.deepStrictEqual(await axeFaults(page), [])
          await page.getByRole("button", { name: "Try again" }).click()
          await composer(page).waitFor()
        })
        assert.deepStrictEqual(faults, [])
      })
    )
  })
})
