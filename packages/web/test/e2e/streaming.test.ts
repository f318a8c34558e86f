/** An answer while it is written: one render a frame, nothing that stands is moved, and whoever types or reads up is not disturbed. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { BrowserContextOptions, Page } from "playwright-core"
import { answer, type WireServer } from "../../../providers/test/wire/WireServer.ts"
import { openFrontDoor, type FrontDoor } from "../support/frontDoor.ts"
import {
  App,
  chromiumPath,
  composer,
  desktop,
  ended,
  freshApp,
  moving,
  openPageAgain,
  phone,
  say,
  screenshot,
  places,
  signIn
} from "../support/openApp.ts"
import { forgetFrames, framesPass, noticedIn, pacedBy, typedLate, watchFrames } from "../support/frames.ts"

/** 150 tokens a second are between two and three in each of 60 frames; a token is some four characters. */
const tokensPerFrame = 3
const tokenLength = 4

const dot =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="

const diagram = `\`\`\`mermaid
graph LR
  Writer --> Queue
  Queue --> Reader
\`\`\`

`

/** Everything that an answer may hold, but for a diagram. */
const part = (number: number): string => `## Part ${number}: how a queue is bounded

A queue without a bound is a **leak with a delay**: the reader falls behind, and what was slow ends as an \`outage\` or as \`something else\`; see [the notes](https://example.com/queues) for \`offer\` and \`take\`.

1. Say what the bound is *for*.
2. Say who waits when it is reached.
   - the writer, when the work must not be lost
   - nobody, when the newest counts
3. Measure how often \`that\` happens, with care and for a while.

| Policy | Who waits | What is lost |
|---|:-:|---:|
| suspend | the writer, for as long as there is no room for what it brings | 0 |
| drop | nobody | the newest one |

The load is $\\rho = \\frac{\\lambda}{\\mu}$, and with it

$$
L_${number} = \\sum_{n=0}^{\\infty} n (1 - \\rho) \\rho^n = \\frac{\\rho}{1 - \\rho}
$$

\`\`\`ts
export const boundOf${number} = (messages: ReadonlyArray<string>, max: number): ReadonlyArray<string> => {
  // The oldest go first: a reader who is late wants the end.
  return messages.length <= max ? messages : messages.slice(messages.length - max)
}
\`\`\`

![a dot](${dot})

> What is not bounded is not finished.

- [x] bounded
- [ ] measured

`

const last = "That is all."
const text = part(1) + diagram + part(2) + last

const lastBroken = "Nothing of it was ever closed."

/** Marks that never close, or close elsewhere; and characters of two units and more, which the pieces cut wherever they end. */
const broken = `A **bold claim that \`never ends, [a link](http://example.com/that-never

1. one 👩‍👩‍👧‍👦 family
- and *another* 🇩🇪 kind_of_ list
   > quoted in it, e\u0301e\u0301e\u0301 ~~and struck

| a | b 𝒳𝒴𝒵 |
|--|
| 1 |

| c | d |
|---|---|
| 3 | 4 | 5 |
| 6

<div onclick="x"> and <b>half a tag

$$
\\frac{1}{

\`\`\`ts
const 🦦 = "a fence in a list"
\`\`

~~~
another fence 👩‍👩‍👧‍👦
\`\`\`

![an image](data:image/png;base64,iVBOR

[^1]: a note ${"👩‍👩‍👧‍👦".repeat(20)}

${lastBroken}`

/** In each frame: what the page shows that is half of a character, or stands for one. */
const watchCharacters = (page: Page): Promise<unknown> =>
  page.evaluate(() => {
    const halves: Array<string> = []
    const frame = () => {
      const text = document.querySelector(".thread")?.textContent ?? ""
      if (!text.isWellFormed() || text.includes("\uFFFD")) halves.push(text.slice(-80))
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    Object.assign(globalThis, { halves })
  })

const typed = "Another one, while this is answered"

const piecesOf = (whole: string): ReadonlyArray<string> => whole.match(new RegExp(`[^]{1,${tokenLength}}`, "g")) ?? []

const opened = Effect.fnUntraced(function* (options: BrowserContextOptions = desktop, door?: FrontDoor) {
  const { browser, parley, wire } = yield* freshApp
  door?.leadTo(parley.url)
  const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...moving, ...options }))
  yield* Effect.promise(async () => {
    await watchFrames(page)
    await signIn(page, door?.url ?? parley.url, parley.key)
  })
  return { faults, page, wire }
})

/** An answer that comes as fast as the page draws, in stages; the first words are there. */
const writes = Effect.fnUntraced(function* (wire: WireServer, page: Page, ...stages: ReadonlyArray<string>) {
  const { next, paced, pieces } = yield* Effect.promise(() =>
    pacedBy(page, tokensPerFrame, ["So it is. \n\n", ...stages].map(piecesOf))
  )
  wire.enqueue(answer(pieces, { paced }))
  next()
  yield* Effect.promise(async () => {
    await say(page, "Tell me all of it")
    await page.locator(".answer").getByText("So it is.").waitFor()
    await framesPass(page, 3)
  })
  return next
})

describe.skipIf(chromiumPath === "")("an answer that is being written", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    for (const [name, options] of [
      ["wide", desktop],
      ["phone-dark", { ...phone, colorScheme: "dark" }]
    ] as const) {
      it.effect(`is rendered once a frame at 150 tokens a second, and moves nothing that stands, to its end (${name})`, () =>
        Effect.gen(function* () {
          const { faults, page, wire } = yield* opened(options)
          const next = yield* writes(wire, page, text, " ")
          yield* Effect.promise(async () => {
            await forgetFrames(page)
            next()
            await page.locator(".md-table tbody tr").nth(1).waitFor()
            await screenshot(page, "streaming-table")
            await page.locator(".md-code").first().waitFor()
            await screenshot(page, "streaming-code")
            const end = page.locator(".answer").getByText(last)
            await end.waitFor()
            const stood = await end.boundingBox()
            next()
            await ended(page).waitFor()
            assert.deepStrictEqual(await end.boundingBox(), stood, "its buttons and what it cost have their room")
            await page.locator(".md-diagram iframe[data-shown=true]").waitFor()
            await framesPass(page, 5)
            const { mostCommits, shifts, worked } = await noticedIn(page)
            assert.deepStrictEqual(shifts, [])
            assert.strictEqual(mostCommits, 1)
            // On a busy machine many pieces come with one frame.
            assert.isAtLeast(worked, 10, "it was seen being written")
            assert.strictEqual(await page.locator(".md-math .katex").count(), 4)
            assert.isBelow(await fromEnd(page), 1, "its end is in sight")
            await page.locator(".md-diagram").scrollIntoViewIfNeeded()
            // A frame is painted by itself, once it is in sight.
            await framesPass(page, 10)
            await screenshot(page, "streaming-diagram")
          })
          assert.deepStrictEqual(faults, [])
        })
      )
    }

    it.effect.each(places)(
      "that is broken Markdown, and whose characters are cut in two, moves nothing that stands and never shows half a character: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { faults, page, wire } = yield* opened(place)
          const next = yield* writes(wire, page, broken, " ")
          yield* Effect.promise(async () => {
            await watchCharacters(page)
            await forgetFrames(page)
            next()
            await page.locator(".answer").getByText(lastBroken).waitFor()
            await screenshot(page, "streaming-broken")
            next()
            await ended(page).waitFor()
            await framesPass(page, 5)
            const { mostCommits, shifts } = await noticedIn(page)
            assert.deepStrictEqual(shifts, [])
            assert.strictEqual(mostCommits, 1)
            assert.deepStrictEqual(await page.evaluate("halves"), [])
            const said = await page.locator(".answer .markdown").last().innerText()
            for (const whole of ["👩‍👩‍👧‍👦", "🇩🇪", "e\u0301", "𝒳"]) assert.include(said, whole)
          })
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)("leaves whoever reads further up where they are, and brings them to its end again: %s", ([, place]) =>
      Effect.gen(function* () {
        const { faults, page, wire } = yield* opened(place)
        const next = yield* writes(wire, page, part(1), diagram + part(2) + last)
        yield* Effect.promise(async () => {
          next()
          await page.locator(".answer").getByText("measured").waitFor()
          await page.mouse.move((page.viewportSize()?.width ?? 0) / 2, 300)
          await page.mouse.wheel(0, -900)
          await page.getByRole("button", { name: "To the latest message" }).waitFor()
          await framesPass(page, 5)
          await forgetFrames(page)
          next()
          const read = await page.locator(".answer h3").first().boundingBox()
          await ended(page).waitFor({ state: "attached" })
          await page.locator(".md-diagram iframe[data-shown=true]").waitFor({ state: "attached" })
          await framesPass(page, 5)
          const { mostCommits, shifts } = await noticedIn(page)
          assert.deepStrictEqual(shifts, [])
          assert.strictEqual(mostCommits, 1)
          assert.deepStrictEqual(await page.locator(".answer h3").first().boundingBox(), read)
          assert.isAbove(await fromEnd(page), 500)
          await page.getByRole("button", { name: "To the latest message" }).click()
          await page.waitForFunction(() => {
            const box = document.querySelector(".thread-scroll")
            return box !== null && box.scrollHeight - box.scrollTop - box.clientHeight < 1
          })
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)("lets one type: each key is there in the next frame, and none waits for another's: %s", ([, place]) =>
      Effect.gen(function* () {
        const { faults, page, wire } = yield* opened(place)
        // More than can be written while one types.
        const next = yield* writes(wire, page, Array.from({ length: 40 }, (_, number) => part(number)).join(""))
        yield* Effect.promise(async () => {
          next()
          await page.locator(".md-table").first().waitFor()
          await forgetFrames(page)
          assert.deepStrictEqual(await typedLate(page, typed), [])
          assert.strictEqual(await composer(page).inputValue(), typed)
          const { commits, shifts, worked } = await noticedIn(page)
          assert.isAtMost(commits, worked + typed.length, "one for the answer in a frame, and one for each key")
          assert.isAbove(worked, 5, "it was written on")
          assert.deepStrictEqual(shifts, [])
          await page.getByRole("button", { name: "Stop", exact: true }).click()
          await ended(page).waitFor()
        })
        assert.deepStrictEqual(faults, [])
      })
    )

    it.effect.each(places)("a network that hangs keeps no key waiting, nor what is sent from being shown: %s", ([, place]) =>
      Effect.gen(function* () {
        const door = yield* openFrontDoor
        const { faults, page, wire } = yield* opened(place, door)
        wire.enqueue(answer("As long as it goes."))
        yield* Effect.promise(async () => {
          await say(page, "Are you there?")
          await ended(page).waitFor()
          door.stall()
          await forgetFrames(page)
          assert.deepStrictEqual(await typedLate(page, typed), [])
          await composer(page).press("Enter")
          await framesPass(page, 3)
          assert.strictEqual(await page.locator(".bubble").last().innerText(), typed)
          assert.strictEqual(await composer(page).inputValue(), "")
          assert.deepStrictEqual((await noticedIn(page)).shifts, [])
        })
        assert.deepStrictEqual(faults, [])
      })
    )
  })
})

/** How far the thread's end is out of sight, in CSS pixels. */
const fromEnd = (page: Page): Promise<number> =>
  page.locator(".thread-scroll").evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)
