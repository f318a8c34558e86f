/** Marks of direction in what people and models write turn nothing beside it: U+202E, say, after which letters stand from right to left. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Locator } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import {
  App,
  chromiumPath,
  composer,
  ended,
  freshApp,
  hideList,
  openPageAgain,
  places,
  say,
  screenshot,
  showList,
  signIn
} from "../support/openApp.ts"

const rlo = "\u202e"
const popIsolate = "\u2069"

/** Whether the word's letters stand from left to right where it is shown. */
const readsOn = (shown: Locator, word: string): Promise<boolean> =>
  shown.evaluate((element, wanted) => {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      const at = node.textContent?.indexOf(wanted) ?? -1
      if (at < 0) continue
      const lefts = [0, 1].map((offset) => {
        const range = document.createRange()
        range.setStart(node, at + offset)
        range.setEnd(node, at + offset + 1)
        return range.getBoundingClientRect().left
      })
      return (lefts[0] ?? 0) < (lefts[1] ?? 0)
    }
    throw new Error(`“${wanted}” is not there`)
  }, word)

describe.skipIf(chromiumPath === "")("a mark of direction", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "turns nothing beside what it stands in: a message, an answer, a title, a file's name and what is said of it: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer(`An answer **with ${rlo}bold** after, \`code ${rlo}too\` behind.`))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const files = page.locator("input[type=file]")
          const file = (name: string, content: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) })
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await files.setInputFiles(file(`bad${popIsolate}${rlo}name.zip`, "PK\u0003\u0004\u0000"))
            const toast = page.locator(".toast")
            await toast.waitFor()
            assert.isTrue(await readsOn(toast, "cannot be attached"))
            await files.setInputFiles(file(`note${rlo}fdp.txt`, "a note"))
            await page.locator(".attachment .spinner").first().waitFor({ state: "detached" })
            assert.isTrue(await readsOn(page.locator(".composer .attachment-name"), "fdp"))
            await say(page, `Otters ${popIsolate}${rlo}swim in the sea`)
            await ended(page).waitFor()
            assert.isTrue(await readsOn(page.locator(".bubble"), "swim"))
            assert.isTrue(await readsOn(page.locator(".person .attachment-name"), "fdp"))
            const said = page.locator(".answer .markdown")
            for (const word of ["bold", "after", "too", "behind"]) assert.isTrue(await readsOn(said, word), word)
            assert.isTrue(await readsOn(page.locator(".bar-title h1"), "swim"))
            await showList(page)
            assert.isTrue(await readsOn(page.locator(".list-row .list-title").first(), "swim"))
            await screenshot(page, "directions")
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "turns nothing of a program either, in colours or without, which is copied as it is; nor in what is found, chosen, asked of a tool, or shared: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          const code = `const admin = "no" /* ${rlo}quiet */ && (${rlo}\n  loud)`
          const plain = `first ${rlo}second`
          const call = { id: "call_1", name: "weather", arguments: JSON.stringify({ place: `${rlo}harbour` }) }
          wire.enqueue(answer(`Here:\n\n\`\`\`ts\n${code}\n\`\`\`\n\n\`\`\`\n${plain}\n\`\`\`\n`, { toolCalls: [call] }))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          yield* Effect.promise(async () => {
            await page.context().grantPermissions(["clipboard-read", "clipboard-write"])
            await signIn(page, parley.url, parley.key)
            const input = { kind: "prompt", name: "Greeting", text: `Say ${rlo}hello`, isShared: false }
            const headers = { origin: new URL(parley.url).origin }
            const made = await page.request.post(new URL("/api/prompts", parley.url).href, { data: input, headers })
            assert.isTrue(made.ok(), await made.text())
            await page.reload()
            await say(page, `Otters ${rlo}swim in the sea`)
            await ended(page).waitFor()
            const [coloured, uncoloured] = [page.locator(".md-code").first(), page.locator(".md-code").last()]
            await coloured.locator(".hljs-comment").waitFor()
            for (const word of ["quiet", "&&", "loud"]) assert.isTrue(await readsOn(coloured, word), word)
            assert.isTrue(await readsOn(uncoloured, "second"))
            await screenshot(page, "directions-code")
            for (const [of, text] of [
              [coloured, code],
              [uncoloured, plain]
            ] as const) {
              await of.getByRole("button", { name: "Copy", exact: true }).click()
              await of.getByRole("button", { name: "Copied" }).waitFor()
              assert.strictEqual((await page.evaluate(() => navigator.clipboard.readText())).trimEnd(), text)
            }
            const asked = page.locator(".answer details")
            await asked.locator("summary").click()
            assert.isTrue(await readsOn(asked, "harbour"))

            await composer(page).fill("/")
            const chosen = page.getByRole("option")
            await chosen.waitFor()
            assert.isTrue(await readsOn(chosen, "hello"))
            await composer(page).fill("")

            await showList(page)
            await page.getByRole("searchbox").fill("sea")
            const found = page.locator(".list-found .list-excerpt")
            await found.locator("mark").waitFor()
            await screenshot(page, "directions-found")
            assert.isTrue(await readsOn(found, "swim"))
            await hideList(page)

            // One that somebody gave it.
            const named = await page.request.patch(
              new URL(`/api/conversations/${page.url().split("/").at(-1)}`, parley.url).href,
              {
                data: { title: `Otters ${rlo}dive in the sea` },
                headers
              }
            )
            assert.isTrue(named.ok(), await named.text())
            await page.getByRole("button", { name: "Share by link" }).click()
            await page.getByRole("button", { name: "Create a link" }).click()
            await page.goto(await page.getByLabel("Copy the link").inputValue())
            assert.isTrue(await readsOn(page.getByRole("heading", { level: 1 }), "dive"))
          })
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
