/** Small things of a page: a way to begin, a new line, and how code and diagrams are looked at. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { ViewportSize } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { App, chromiumPath, composer, ended, freshApp, openPageAgain, places, screenshot, signIn } from "../support/openApp.ts"

/** As high and wide as small laptops are at 200 % and at 400 %. */
const lowWindows: ReadonlyArray<ViewportSize> = [
  { width: 640, height: 360 },
  { width: 320, height: 256 }
]

const steps = Array.from({ length: 30 }, (_, step) => `  step${step} --> step${step + 1}`).join("\n")
const shown = `\`\`\`ts\nconst line = "${"long ".repeat(60)}"\n\`\`\`\n\n\`\`\`mermaid\ngraph TD\n${steps}\n\`\`\`\n`

describe.skipIf(chromiumPath === "")("a page", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "says of half an address what it is, offers a way to begin, takes more than one line, wraps code, and shows a diagram whole and as its source: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer([shown]))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          yield* Effect.promise(async () => {
            const height = async (of: string) => (await page.locator(of).boundingBox())?.height ?? 0
            await signIn(page, parley.url, parley.key)
            await page.goto(`${parley.url}/c/half-a-link`)
            await page.getByRole("heading", { name: "No conversation has this address" }).waitFor()
            await page.getByRole("button", { name: "Start a new one" }).click()
            const size = page.viewportSize() ?? assert.fail("the window has no size")
            for (const low of lowWindows) {
              await page.setViewportSize(low)
              const { height = 0, y = 0 } = (await page.locator(".composer").boundingBox()) ?? {}
              assert.isAtMost(y + height, low.height, `the box is whole in sight at ${low.width} px`)
            }
            await page.setViewportSize(size)
            await page.getByRole("button", { name: "Make a plan" }).click()
            assert.match(await composer(page).inputValue(), /^Plan a weekend in Lisbon/)
            await page.waitForFunction(() => document.activeElement?.id === "composer")
            const widths = (...texts: ReadonlyArray<string>) =>
              page.evaluate((all) => {
                const at = document.createElement("span")
                document.body.append(at)
                const found = all.map((text) => {
                  at.textContent = text
                  return at.getBoundingClientRect().width
                })
                at.remove()
                return found
              }, texts)
            const [arrow = 0, dash = 0, greater = 0] = await widths("->", "-", ">")
            assert.approximately(arrow, dash + greater, 0.1, "what is written stays as it is")
            await composer(page).fill("First line")
            const oneLine = await height("#composer")
            await composer(page).press("Shift+Enter")
            await composer(page).pressSequentially("Second line")
            assert.strictEqual(await composer(page).inputValue(), "First line\nSecond line")
            assert.isAbove(await height("#composer"), oneLine)
            assert.strictEqual(wire.requests.length, 0, "it is not sent yet")
            await composer(page).press("Enter")
            await ended(page).waitFor()
            assert.strictEqual(await page.locator(".bubble").innerText(), "First line\nSecond line")

            const code = page.locator(".md-code pre")
            const overflow = () => code.evaluate((pre) => pre.scrollWidth - pre.clientWidth)
            assert.isAbove(await overflow(), 0)
            const wrap = page.getByRole("button", { name: "Wrap" })
            await wrap.click()
            assert.strictEqual(await wrap.getAttribute("aria-pressed"), "true")
            assert.strictEqual(await overflow(), 0)
            await wrap.click()
            assert.isAbove(await overflow(), 0)

            const room = ".md-diagram-room"
            const drawn = page.locator(".md-diagram iframe[data-shown=true]")
            await drawn.waitFor()
            const before = await height(room)
            await page.getByRole("button", { name: "Whole size" }).click()
            assert.isAbove(await height(room), before)
            await screenshot(page, "diagram-whole")
            await page.getByRole("button", { name: "Whole size" }).click()
            assert.strictEqual(await height(room), before)
            await page.getByRole("button", { name: "Source" }).click()
            await page.locator(".md-diagram pre", { hasText: "step29 --> step30" }).waitFor()
            await drawn.waitFor({ state: "detached" })
            await page.getByRole("button", { name: "Source" }).click()
            await drawn.waitFor()
            assert.strictEqual(await page.locator(".md-diagram pre").count(), 0)
          })
          assert.strictEqual(wire.requests.length, 1)
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
