/** The parts of the app that are files of their own: there without a network though they were never opened, and told where they are missing. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page, WebSocketRoute } from "playwright-core"
import { vi } from "vitest"
import {
  App,
  chromiumPath,
  composer,
  desktop,
  freshApp,
  goOffline,
  openPage,
  patience,
  screenshot,
  showList,
  signIn,
  places,
  withoutWorker,
  onPhone
} from "../support/openApp.ts"

/** Paths that the worker keeps once a page stands. */
const laterFiles = async (url: string): Promise<ReadonlyArray<string>> => {
  const text = await (await fetch(`${url}/sw.js`)).text()
  const [, later = "[]"] = [...text.matchAll(/JSON\.parse\(("\[.*?\]")\)/g)].map((match) => JSON.parse(match[1] ?? ""))
  return JSON.parse(later)
}

/** In the page: of these paths, those that the worker has. */
const kept = (page: Page, paths: ReadonlyArray<string>): Promise<number> =>
  page.evaluate(async (all) => {
    const found = await Promise.all(all.map((path) => caches.match(path)))
    return found.filter((response) => response !== undefined).length
  }, paths)

/** What the browser itself has cached is no help. */
const forgetCache = async (page: Page): Promise<void> => {
  const session = await page.context().newCDPSession(page)
  await session.send("Network.clearBrowserCache")
  await session.detach()
}

const opened = Effect.fnUntraced(function* (options = desktop) {
  const { browser, parley } = yield* freshApp
  const later = yield* Effect.promise(() => laterFiles(parley.url))
  assert.isAbove(later.length, 20)
  const { faults, page } = yield* Effect.promise(() => openPage(browser, options))
  yield* Effect.promise(async () => {
    await page.clock.install()
    await signIn(page, parley.url, parley.key)
    await vi.waitUntil(async () => (await kept(page, later)) === later.length, patience)
  })
  return { faults, page, later }
})

describe.skipIf(chromiumPath === "")("what opens within the app", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)("opens without a network, though it was never opened before: %s", ([, place]) =>
      Effect.gen(function* () {
        const { faults, page } = yield* opened(place)
        yield* Effect.promise(async () => {
          await forgetCache(page)
          await goOffline(page)
          await page.reload()
          await composer(page).waitFor()
          for (const [keys, title] of [
            ["Control+k", "Search for a command"],
            ["?", "Keyboard shortcuts"]
          ] as const) {
            await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur())
            await page.keyboard.press(keys)
            await page.getByRole("dialog").or(page.getByPlaceholder(title)).first().waitFor()
            await page.keyboard.press("Escape")
            await page.getByRole("dialog").waitFor({ state: "detached" })
          }
          await showList(page)
          await page.getByRole("button", { name: "Account and settings" }).click()
          await page.getByRole("menuitem", { name: "Settings" }).click()
          await page.getByRole("tab", { name: "Prompt library" }).waitFor()
          await screenshot(page, "settings-offline")
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(onPhone)("says that it is missing, each time, and breaks nothing else: %s", ([, place]) =>
      Effect.gen(function* () {
        const { page } = yield* opened(place)
        yield* Effect.promise(async () => {
          await page.evaluate(async () => {
            for (const name of await caches.keys()) {
              const cache = await caches.open(name)
              for (const { url } of await cache.keys()) if (/SettingsDialog|popupParts|Palette/.test(url)) await cache.delete(url)
            }
          })
          await forgetCache(page)
          await goOffline(page)
          await page.reload()
          await composer(page).fill("Half a thought")
          await page.keyboard.press("Control+k")
          const note = page.locator(".toast", { hasText: "This part of the app is not on this device yet" })
          await note.waitFor()
          await screenshot(page, "part-missing")
          assert.strictEqual(await composer(page).inputValue(), "Half a thought")
          assert.strictEqual(await page.getByRole("dialog", { name: /command/i }).count(), 0)
          await note.getByRole("button", { name: "Dismiss" }).click()
          await note.waitFor({ state: "detached" })
          await showList(page)
          await page.getByRole("button", { name: "Account and settings" }).click()
          await note.waitFor()
        })
      })
    )

    it.effect.each(onPhone)("says why it is missing once it is known whether there is a network: %s", ([, place]) =>
      Effect.gen(function* () {
        const { browser, parley } = yield* freshApp
        const { page } = yield* Effect.promise(() => openPage(browser, { ...withoutWorker, ...place }))
        yield* Effect.promise(async () => {
          // Nobody welcomes the page, which goes on trying.
          const dials: Array<WebSocketRoute> = []
          await page.routeWebSocket(/./, (socket) => void dials.push(socket))
          await page.route(/Palette-/, (route) => route.abort())
          await signIn(page, parley.url, parley.key)
          await vi.waitUntil(() => dials.length > 0, patience)
          const failed = page.waitForEvent("requestfailed")
          await page.keyboard.press("Control+k")
          await failed
          await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)))
          assert.strictEqual(await page.locator(".toast").count(), 0)
          await dials[0]?.close()
          await page.locator(".toast", { hasText: "This part of the app is not on this device yet" }).waitFor()
          assert.strictEqual(await page.locator(".toast").count(), 1)
        })
      })
    )

    it.effect.each(onPhone)(
      "says that it could not be loaded where the server has no such file any more, and comes with the page that is loaded again: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley } = yield* freshApp
          const { page } = yield* Effect.promise(() => openPage(browser, { ...withoutWorker, ...place }))
          yield* Effect.promise(async () => {
            await page.route(/SettingsDialog|Palette-/, (route) => route.fulfill({ status: 404 }))
            await signIn(page, parley.url, parley.key)
            await composer(page).fill("Half a thought")
            await page.keyboard.press("Control+k")
            const note = page.locator(".toast", { hasText: "This part of the app could not be loaded" })
            await note.waitFor()
            await screenshot(page, "part-failed")
            await page.unroute(/SettingsDialog|Palette-/)
            // By what a screen reader finds, too.
            await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Load again" }).click()])
            await composer(page).waitFor()
            assert.strictEqual(await composer(page).inputValue(), "Half a thought")
            await page.keyboard.press("Control+k")
            await page.getByPlaceholder("Search for a command").waitFor()
          })
        })
    )
  })
})
