/** Whatever a model, a tool, a provider, a title, a file's name or a person's name says, it is text. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { request } from "../../../cli/test/e2e/support/api.ts"
import { answer, httpError } from "../../../providers/test/wire/WireServer.ts"
import { makePdf } from "../../../runtime/test/attachments/support/makePdf.ts"
import {
  hideList,
  showList,
  App,
  chromiumPath,
  composer,
  ended,
  freshApp,
  openPage,
  say,
  screenshot,
  signIn,
  withoutWorker,
  onPhone
} from "../support/openApp.ts"

/** Each would call `hit` if it ran. */
const corpus = [
  "<script>hit()</script>",
  "<img src=x onerror=hit()>",
  "<svg onload=hit()><script>hit()</script></svg>",
  "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
  "<style>body{display:none}</style>",
  "<link rel=stylesheet href='data:text/css,body{display:none}'>",
  "<base href='https://evil.example/'>",
  "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
  "<details open ontoggle=hit()>",
  "<form action='javascript:hit()'><button>go</button></form>",
  "<a href='javascript:hit()'>click</a>",
  "[click](javascript:hit())",
  "[click](JaVaScRiPt:hit())",
  "[click](  javascript:hit())",
  "[click](data:text/html,<script>hit()</script>)",
  "[click](vbscript:hit())",
  "[click](java&#115;cript:hit())",
  "[click][ref]\n\n[ref]: javascript:hit()",
  "![x](https://evil.example/pixel.png)",
  "![x](javascript:hit())",
  '![x](x"onerror="hit())',
  "<javascript:hit()>",
  "`<script>hit()</script>`",
  "```html\n<script>hit()</script>\n```",
  "```<img src=x onerror=hit()>\ncode\n```",
  "$\\href{javascript:hit()}{x}$",
  "$$\\htmlData{onclick=hit()}{x}$$",
  "$\\includegraphics{https://evil.example/x.png}$",
  "| <script>hit()</script> |\n|---|\n| <img src=x onerror=hit()> |",
  "&lt;script&gt;hit()&lt;/script&gt;",
  "\u202ehit()\u202c",
  "{{constructor.constructor('hit()')()}}",
  "]]><script>hit()</script>"
]

/** Mermaid draws in a frame of its own; what it makes of these stays there. */
const diagrams = [
  'graph LR\n  A["<img src=x onerror=hit()>"] --> B',
  'graph LR\n  A --> B\n  click A href "javascript:hit()"',
  "%%{init: {'securityLevel': 'loose'}}%%\ngraph LR\n  A --> B\n  click A call hit()"
].map((source) => `\`\`\`mermaid\n${source}\n\`\`\``)

const name = `<img src=x onerror=hit()>"'><script>hit()</script>`

/** Nothing on a page can be made by its corpus: what would run, load or restyle by itself. */
const foreignParts =
  "[onerror], [onload], [onclick], [ontoggle], img[src=x], base, object, embed, meta[http-equiv=refresh], iframe[srcdoc], a[href^='javascript:' i], form[action^='javascript:' i]"

/** What was asked of other hosts by then. */
const watchForeign = (page: Page, own: string): ReadonlyArray<string> => {
  const foreign: Array<string> = []
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith("http") && origin !== new URL(own).origin) foreign.push(request.url())
  })
  return foreign
}

/** In all frames of it, before anything of it. */
const armed = (page: Page) =>
  page.addInitScript(() => {
    Object.assign(globalThis, { hits: 0, hit: () => Object.assign(globalThis, { hits: 1 }) })
  })

const nothingRan = async (page: Page): Promise<void> => {
  assert.deepStrictEqual(await page.locator(foreignParts).evaluateAll((made) => made.map(({ outerHTML }) => outerHTML)), [])
  for (const frame of page.frames()) assert.strictEqual(await frame.evaluate(() => Reflect.get(globalThis, "hits")), 0)
}

describe.skipIf(chromiumPath === "")("injection", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(onPhone)(
      "in answers, titles and names never runs, never loads anything foreign, and never leads to a script, nor does a click on a diagram: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer([...corpus, ...diagrams].map((text) => `${text}\n\nNext:\n\n`)))
          const { faults, page } = yield* Effect.promise(() => openPage(browser, { ...withoutWorker, ...place }))
          const foreign = watchForeign(page, parley.url)
          yield* Effect.promise(async () => {
            await armed(page)
            await signIn(page, parley.url, parley.key)
            await say(page, name)
            await ended(page).waitFor()
            const drawn = page.locator(".md-diagram iframe[data-shown=true]")
            await drawn.nth(diagrams.length - 1).waitFor()
            assert.strictEqual(await drawn.count(), diagrams.length)
            const at = page.url()
            for (let diagram = 0; diagram < diagrams.length; diagram++) {
              const nodes = drawn.nth(diagram).contentFrame().locator(".node")
              assert.strictEqual(await nodes.count(), 2)
              for (const node of await nodes.all()) await node.click()
            }
            assert.strictEqual(page.url(), at)
            assert.strictEqual(page.context().pages().length, 1, "no window was opened")
            for (const link of await page.locator(".markdown a").all())
              assert.match((await link.getAttribute("href")) ?? "", /^(https?|mailto):/)
            const made = await page
              .locator(".markdown")
              .evaluateAll((blocks) =>
                blocks.flatMap((block) =>
                  [
                    ...block.querySelectorAll(
                      "script, style, link, base, meta, object, embed, form, svg script, [onerror], [onload], [onclick]"
                    )
                  ].map(({ outerHTML }) => outerHTML)
                )
              )
            assert.deepStrictEqual(made, [])
            assert.strictEqual(await page.locator(".md-image-link").first().innerText(), "x", "a foreign image is a link")
            await page.getByRole("button", { name: "Invite people" }).click()
            await page.getByRole("button", { name: "Create link" }).click()
            const invitation = await page.getByLabel("Invitation link").inputValue()
            await page.keyboard.press("Escape")
            const guest = await openPage(browser, withoutWorker)
            await guest.page.goto(invitation)
            await guest.page.getByLabel("Your name").fill(name)
            await guest.page.getByRole("button", { name: "Join" }).click()
            await composer(guest.page).waitFor()
            await say(guest.page, "here")
            await page.locator(".thread").getByText(name, { exact: true }).first().waitFor()
            assert.deepStrictEqual(guest.faults, [])
            await nothingRan(page)
          })
          assert.deepStrictEqual(foreign, [])
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(onPhone)(
      "in names of files, folders, prompts, presets and tools, in what tools and thoughts and errors say, in what a search finds and where it is shared: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          const call = { id: "call_1", name, arguments: JSON.stringify({ [name]: corpus }) }
          wire.enqueue(
            answer(`The walrus was Paul. ${name}`, { reasoning: corpus.join("\n\n"), toolCalls: [call] }),
            answer("So it was."),
            httpError(400, { error: { message: name } })
          )
          for (const kind of ["prompt", "preset"]) yield* request(parley, "POST", "/api/prompts", { kind, name, text: name })
          yield* request(parley, "POST", "/api/folders", { name })
          const options = { ...withoutWorker, ...place }
          const { faults, page } = yield* Effect.promise(() => openPage(browser, options))
          const reader = yield* Effect.promise(() => openPage(browser, options))
          const foreign = [watchForeign(page, parley.url), watchForeign(reader.page, parley.url)]
          const answered = page.locator(".answer").first()
          const file = "<img src=x onerror=hit()>.pdf"
          const path = yield* Effect.promise(async () => {
            await armed(page)
            await armed(reader.page)
            await signIn(page, parley.url, parley.key)
            await page
              .locator("input[type=file]")
              .setInputFiles({ name: file, mimeType: "application/pdf", buffer: Buffer.from(makePdf("the walrus was Paul")) })
            await page.getByRole("button", { name: `Remove ${file}` }).waitFor()
            await nothingRan(page)
            await say(page, `Who was the walrus? ${name}`)
            await ended(page).waitFor()
            await page.getByRole("link", { name: file }).waitFor()
            return new URL(page.url()).pathname.replace("/c/", "/api/conversations/")
          })
          yield* request(parley, "POST", `${path}/messages`, {
            clientMessageId: "a-program-ran-it",
            content: [{ type: "tool-result", toolCallId: "call_1", content: corpus.join("\n\n"), isError: true }]
          })
          yield* Effect.promise(async () => {
            await page.getByText("So it was.").waitFor()
            for (const fold of await answered.locator("summary").all()) await fold.click()
            await answered.getByText(name).first().waitFor()
            await nothingRan(page)
            await say(page, "Fail, please")
            await page.locator(".message-fault").waitFor()
            await nothingRan(page)
            await screenshot(page, "injected")

            await composer(page).pressSequentially("/")
            await page.getByRole("option").filter({ hasText: name }).first().waitFor()
            await nothingRan(page)
            await composer(page).fill("")
            await showList(page)
            await page.getByRole("button").filter({ hasText: name }).first().waitFor()
            await page.getByRole("searchbox").fill("walrus")
            await page.locator(".list-excerpt mark").first().waitFor()
            await page.locator(".list-excerpt", { hasText: "<img" }).first().waitFor()
            await nothingRan(page)
            await page.getByRole("button", { name: "Clear the search" }).click()
            await page.getByRole("button", { name: "Account and settings" }).click()
            await page.getByRole("menuitem", { name: "Settings" }).click()
            for (const tab of ["Prompt library", "Presets"]) {
              await page.getByRole("tab", { name: tab }).click()
              await page.getByRole("dialog").getByText(name).first().waitFor()
              await nothingRan(page)
            }
            await page.keyboard.press("Escape")
            await page.getByRole("dialog").waitFor({ state: "detached" })
            await hideList(page)
            await page.getByRole("button", { name: "How it answers" }).click()
            await page.getByLabel("Preset").getByRole("option", { name }).waitFor({ state: "attached" })
            await page.keyboard.press("Escape")
            await page.getByRole("dialog").waitFor({ state: "detached" })

            await page.getByRole("button", { name: "Share by link" }).click()
            await page.getByRole("button", { name: "Create a link" }).click()
            await reader.page.goto(await page.getByLabel("Copy the link").inputValue())
            await reader.page.getByRole("link", { name: file }).waitFor()
            await reader.page.getByText("So it was.").waitFor()
            await nothingRan(reader.page)
            await screenshot(reader.page, "injected-shared")
            for (const format of ["markdown", "json"]) {
              const saved = await page.request.get(`${parley.url}${path}/export?format=${format}`)
              const { "content-disposition": disposition, "x-content-type-options": options } = saved.headers()
              assert.match(disposition ?? "", /^attachment; /, "a browser saves it and shows it to nobody")
              assert.notMatch(disposition ?? "", /[<>]/)
              assert.strictEqual(options, "nosniff")
            }
          })
          assert.deepStrictEqual(foreign.flat(), [])
          assert.deepStrictEqual([...faults, ...reader.faults], [])
        })
    )
  })
})
