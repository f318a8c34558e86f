/** Bad luck: what cannot be shown nicely, and connections, servers and tabs that come and go. Nothing is lost, and nothing doubled. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { startParley } from "../../../cli/test/e2e/support/startParley.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { openFrontDoor } from "../support/frontDoor.ts"
import {
  chromiumPath,
  composer,
  ended,
  launchBrowser,
  openPage,
  say,
  screenshot,
  signIn,
  startServer
} from "../support/openApp.ts"

const longCode = Array.from({ length: 4_000 }, (_, line) => `const value${line} = ${line} * 2 // line ${line}`).join("\n")
const longLine = "0123456789".repeat(10_000)

describe.skipIf(chromiumPath === "")("bad luck", () => {
  it.live(
    "a huge block of code, a line of 100,000 characters, marks that never close and characters cut in two end as they were sent",
    () =>
      Effect.gen(function* () {
        const { parley, wire } = yield* startServer
        const browser = yield* launchBrowser
        const family = "👩‍👩‍👧‍👦 e\u0301 🇩🇪"
        wire.enqueue(
          answer([`\`\`\`ts\n${longCode.slice(0, 50_000)}`, `${longCode.slice(50_000)}\n\`\`\`\n\n`, `${longLine}\n\n`]),
          answer(
            [...family]
              .flatMap((character) => character.split(""))
              .concat([" **never closed `nor this [nor that](http://", "\n\n| a | b |\n|--"])
          )
        )
        const { faults, page } = yield* Effect.promise(() => openPage(browser))
        yield* Effect.promise(async () => {
          await signIn(page, parley.url, parley.key)
          await say(page, "Much, please")
          await ended(page).waitFor()
          assert.strictEqual((await page.locator(".md-code code").innerText()).trimEnd(), longCode)
          assert.strictEqual(await page.locator(".markdown > p").last().innerText(), longLine)
          const { client, scroll } = await page.evaluate(() => ({
            client: document.documentElement.clientWidth,
            scroll: document.documentElement.scrollWidth
          }))
          assert.strictEqual(scroll, client, "the page does not scroll sideways")
          await say(page, "Now odd ones")
          await page.getByText(family).waitFor()
          await ended(page).waitFor()
          assert.include(await page.locator(".markdown").last().innerText(), "never closed")
        })
        assert.deepStrictEqual(faults, [])
      })
  )

  it.live("what is written offline waits, survives a reload of the kept app, and goes out once", () =>
    Effect.gen(function* () {
      const { parley, wire } = yield* startServer
      const browser = yield* launchBrowser
      wire.enqueue(answer("First."), answer("Second."))
      const { page } = yield* Effect.promise(() => openPage(browser))
      yield* Effect.promise(async () => {
        await signIn(page, parley.url, parley.key)
        await say(page, "While online")
        await ended(page).waitFor()
        await page.evaluate(() => navigator.serviceWorker.ready)
        await page.context().setOffline(true)
        await say(page, "While offline")
        await page.getByText("Waiting to be sent").waitFor()
        await page.getByText("You are offline.").waitFor()
        await screenshot(page, "offline")
        assert.strictEqual(wire.requests.length, 1)
        await page.reload()
        await page.getByRole("link", { name: "While online" }).waitFor()
        await page.getByText("First.").waitFor()
        await page.getByText("While offline").waitFor()
        await page.context().setOffline(false)
        await page.getByText("Second.").waitFor()
        assert.strictEqual(await page.getByText("While offline", { exact: true }).count(), 1)
      })
      assert.strictEqual(wire.requests.length, 2)
    })
  )

  it.live("two tabs show the same answer, and the server may be killed in the middle of it", () =>
    Effect.gen(function* () {
      const { env, parley, wire } = yield* startServer
      const door = yield* openFrontDoor
      door.leadTo(parley.url)
      const browser = yield* launchBrowser
      wire.enqueue(answer(["Before the fall, ", "never sent"], { holdAfter: 1 }), answer("and after it."))
      const first = yield* Effect.promise(() => openPage(browser))
      yield* Effect.promise(async () => {
        await signIn(first.page, door.url, parley.key)
        await say(first.page, "Hold on")
        await first.page.getByText("Before the fall,").waitFor()
      })
      const second = yield* Effect.promise(() => first.page.context().newPage())
      yield* Effect.promise(async () => {
        await second.goto(first.page.url())
        await second.getByText("Before the fall,").waitFor()
      })
      yield* parley.stop("SIGKILL")
      yield* Effect.promise(() => first.page.getByText("The connection was lost.").waitFor())
      door.leadTo((yield* startParley(env)).url)
      yield* Effect.promise(async () => {
        await first.page.getByRole("button", { name: "Try now" }).click()
        for (const page of [first.page, second]) {
          await page.getByText("and after it.").waitFor()
          await ended(page).waitFor()
          assert.strictEqual(await page.locator(".bubble").count(), 1)
          assert.strictEqual(await page.locator(".answer").count(), 1)
        }
        assert.strictEqual(
          await first.page.locator(".answer .markdown").innerText(),
          await second.locator(".answer .markdown").innerText()
        )
        assert.strictEqual(await composer(first.page).isEnabled(), true)
      })
    })
  )
})
