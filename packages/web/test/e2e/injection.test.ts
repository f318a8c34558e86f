/** Whatever a model, a title or a person's name says, it is text. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import {
  chromiumPath,
  composer,
  ended,
  launchBrowser,
  openPage,
  say,
  signIn,
  startServer,
  withoutWorker
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

describe.skipIf(chromiumPath === "")("injection", () => {
  it.live("in answers, titles, prompts and names never runs, never loads anything foreign, and never leads to a script", () =>
    Effect.gen(function* () {
      const { parley, wire } = yield* startServer
      const browser = yield* launchBrowser
      wire.enqueue(answer([...corpus, ...diagrams].map((text) => `${text}\n\nNext:\n\n`)))
      const { faults, page } = yield* Effect.promise(() => openPage(browser))
      const foreign: Array<string> = []
      page.on("request", (request) => {
        const { protocol, origin } = new URL(request.url())
        if (protocol.startsWith("http") && origin !== new URL(parley.url).origin) foreign.push(request.url())
      })
      yield* Effect.promise(async () => {
        await page.addInitScript(() => {
          Object.assign(globalThis, { hits: 0, hit: () => Object.assign(globalThis, { hits: 1 }) })
        })
        await signIn(page, parley.url, parley.key)
        await say(page, name)
        await ended(page).waitFor()
        await page.locator(".md-diagram iframe").first().waitFor()
        await page.frameLocator(".md-diagram iframe").first().locator("svg").waitFor()
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
        await page.getByText(name, { exact: true }).first().waitFor()
        assert.deepStrictEqual(guest.faults, [])
        for (const frame of page.frames()) assert.strictEqual(await frame.evaluate(() => Reflect.get(globalThis, "hits")), 0)
      })
      assert.deepStrictEqual(foreign, [])
      assert.deepStrictEqual(faults, [])
    })
  )
})
