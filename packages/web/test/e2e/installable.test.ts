/** What a browser asks of a page before it offers to install it; and that it opens without a network then. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { chromium } from "playwright-core"
import { temporaryFolder } from "../../../../test/support/temporaryFolder.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import {
  asDarkPhone,
  browserArguments,
  chromiumPath,
  ended,
  launchBrowser,
  openPage,
  say,
  screenshot,
  showList,
  signIn,
  startServer
} from "../support/openApp.ts"
import { onDevice } from "../support/onDevice.ts"

describe.skipIf(chromiumPath === "")("the app", () => {
  it.live("is installable by Chromium's own account, and opens offline with the last conversations", () =>
    Effect.gen(function* () {
      const { parley, wire } = yield* startServer
      const browser = yield* launchBrowser
      const folder = yield* Effect.acquireRelease(
        Effect.promise(() => temporaryFolder("profile")),
        ({ remove }) => Effect.promise(remove)
      )
      // A profile that stays: nothing is installed from a private window.
      const context = yield* Effect.acquireRelease(
        Effect.promise(() =>
          chromium.launchPersistentContext(folder.path, { executablePath: chromiumPath, args: browserArguments, locale: "en-GB" })
        ),
        (opened) => Effect.promise(() => opened.close())
      )
      wire.enqueue(answer("Of otters."), answer("Of badgers."))
      yield* Effect.promise(async () => {
        const page = await context.newPage()
        await signIn(page, parley.url, parley.key)
        for (const said of ["Otters", "Badgers"]) {
          await page.goto(parley.url)
          await say(page, said)
          await ended(page).waitFor()
          // What is seen is kept a moment after the page is quiet.
          while (!(await onDevice(page, "kept")).text.includes(`Of ${said.toLowerCase()}.`));
        }
        await page.evaluate(() => navigator.serviceWorker.ready)
        const devtools = await context.newCDPSession(page)
        const manifest = await devtools.send("Page.getAppManifest")
        assert.deepStrictEqual(manifest.errors, [])
        assert.strictEqual(manifest.url, `${parley.url}/manifest.webmanifest`)
        assert.deepStrictEqual((await devtools.send("Page.getInstallabilityErrors")).installabilityErrors, [])
        const { icons } = JSON.parse(manifest.data ?? "{}")
        for (const { sizes, src, type } of icons) {
          const icon = await page.request.get(new URL(src, parley.url).href)
          assert.strictEqual(icon.headers()["content-type"], type)
          if (sizes === "any") continue
          const size = await page.evaluate(async (path) => {
            const { height, width } = await createImageBitmap(await (await fetch(path)).blob())
            return `${width}x${height}`
          }, src)
          assert.strictEqual(size, sizes)
        }
        // In every language, also where its texts come later than the page.
        const { page: german } = await openPage(browser, { locale: "de-DE" })
        await german.goto(parley.url)
        await german.getByRole("button", { name: "Weiter" }).waitFor()
        await german.waitForFunction(() => navigator.serviceWorker.controller !== null)
        await context.setOffline(true)
        const cold = await context.newPage()
        await asDarkPhone(cold)
        await cold.goto(parley.url)
        await showList(cold)
        await cold.getByRole("link", { name: "Otters" }).click()
        await cold.getByText("Of otters.").waitFor()
        await screenshot(cold, "cold")
        await showList(cold)
        await cold.getByRole("link", { name: "Badgers" }).click()
        await cold.getByText("Of badgers.").waitFor()
        await cold.getByText(/You are offline|The connection was lost/).waitFor()
      })
    })
  )
})
