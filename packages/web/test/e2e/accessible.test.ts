/** axe finds nothing, in both themes and at the widths of a desk and a hand; and each view is kept as a picture. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Page } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import {
  App,
  chromiumPath,
  composer,
  desktop,
  ended,
  freshApp,
  openPage,
  phone,
  say,
  screenshot,
  signIn,
  tablet
} from "../support/openApp.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

const rich = [
  "## What it is\n\nA **bold** claim with `code` and [a link](https://example.com).\n\n",
  "1. One\n2. Two\n   - Nested\n\n- [x] Done\n- [ ] Open\n\n> Quoted\n\n",
  "```ts\nconst greet = (name: string) => `Hello ${name}` // kindly\n```\n\n",
  "| Model | Price |\n|---|--:|\n| a | 1.25 |\n\n$$e^{i\\pi} + 1 = 0$$\n\n$$\\left\\{\\begin{matrix}a\\\\b\\\\c\\\\d\\\\e\\\\f\\\\g\\\\h\\end{matrix}\\right| \\vec{x}\\,\\boxed{y}\\,\\pmb{z}\\,\\sqrt{w}$$\n\n```mermaid\ngraph LR\n  A --> B\n```\n"
]

/** Each fault with where it is. */
const faultsOf = async (page: Page): Promise<ReadonlyArray<string>> => {
  // Nothing half faded in is looked at; what never stops moving is not waited for.
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getTiming().iterations !== Infinity)
        .map((animation) => animation.finished.catch(() => {}))
    )
  )
  await page.evaluate(axe)
  return page.evaluate<ReadonlyArray<string>>(run)
}

/** In the page, where axe is a global. */
const run = `axe
  .run({ runOnly: { type: "tag", values: ${JSON.stringify(tags)} }, iframes: false })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 200))))`

const views = [
  ["desktop-light", { ...desktop, colorScheme: "light" }],
  ["desktop-dark", { ...desktop, colorScheme: "dark" }],
  ["tablet-light", { ...tablet, colorScheme: "light" }],
  ["phone-light", { ...phone, colorScheme: "light" }],
  ["phone-dark", { ...phone, colorScheme: "dark" }]
] as const

describe.skipIf(chromiumPath === "")("for everybody", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(views)("every view is without faults that axe knows: %s", ([name, options]) =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        const found: Array<string> = []
        wire.enqueue(answer(rich, { holdAfter: 2, reasoning: "First I think about it." }))
        const { faults, page } = yield* Effect.promise(() => openPage(browser, options))
        const look = async (view: string): Promise<void> => {
          await screenshot(page, `${view}-${name}`)
          for (const fault of await faultsOf(page)) found.push(`${view} ${fault}`)
        }
        yield* Effect.promise(async () => {
          await page.goto(parley.url)
          await page.getByLabel("Key").waitFor()
          await look("sign-in")
          await signIn(page, parley.url, parley.key)
          await look("welcome")
          await say(page, "Explain it to me, please, with everything that can be shown")
          await page.getByText("Quoted").waitFor()
          await look("streaming")
        })
        const request = yield* wire.received(0)
        request.release()
        yield* Effect.promise(async () => {
          await ended(page).waitFor()
          await page.locator(".katex").first().waitFor()
          await page.locator(".hljs-keyword").first().waitFor()
          await look("answer")
          await page.getByRole("button", { name: "How it answers" }).first().click()
          await page.getByLabel("System prompt").waitFor()
          await look("parameters")
          await page.keyboard.press("Escape")
          await page.getByRole("button", { name: /^Model:/ }).click()
          await page.getByRole("option", { name: /gpt-5-mini/ }).waitFor()
          await look("models")
          await page.keyboard.press("Escape")
          await composer(page).press("Control+k")
          await page.getByPlaceholder("Search for a command").waitFor()
          await look("palette")
          await page.keyboard.press("Escape")
        })
        assert.deepStrictEqual(faults, [])
        assert.deepStrictEqual(found, [])
      })
    )

    it.effect("everything can be reached by keyboard, and a finished answer is told once", () =>
      Effect.gen(function* () {
        const { browser, parley, wire } = yield* freshApp
        wire.enqueue(answer("Heard."))
        const { page } = yield* Effect.promise(() => openPage(browser))
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await say(page, "Hello")
          await ended(page).waitFor()
          await page.getByRole("status").filter({ hasText: "The answer is finished." }).waitFor({ state: "attached" })
          assert.isTrue(await composer(page).evaluate((box) => box === document.activeElement), "the box keeps the focus")
          await page.keyboard.press("Control+Shift+s")
          await page.getByRole("button", { name: "Open the sidebar" }).waitFor()
          await page.keyboard.press("Control+Shift+s")
          await page.keyboard.press("Shift+Escape")
          await page.keyboard.press("ArrowUp")
          await page.getByLabel("Edit the message").waitFor()
          await page.keyboard.press("Escape")
          await page.getByLabel("Edit the message").waitFor({ state: "detached" })
          await page.locator(".thread-scroll").focus()
          await page.keyboard.press("?")
          await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor()
          await page.keyboard.press("Escape")
          await page.getByRole("dialog").waitFor({ state: "detached" })
          await page.keyboard.press("Control+Shift+o")
          await page.getByRole("heading", { name: /^Good / }).waitFor()
        })
      })
    )
  })
})
