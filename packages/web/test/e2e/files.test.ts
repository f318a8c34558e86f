/** Images go along as a model can read them, made small enough; files that a browser cannot read go by way of the server. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { makePdf } from "../../../runtime/test/attachments/support/makePdf.ts"
import {
  hideList,
  showList,
  App,
  chromiumPath,
  composer,
  darkPhone,
  ended,
  freshApp,
  openPage,
  openPageAgain,
  places,
  say,
  screenshot,
  signIn,
  withoutWorker
} from "../support/openApp.ts"

const pdf = (name: string, content: Uint8Array) => ({ name, mimeType: "application/pdf", buffer: Buffer.from(content) })

/** A square of 8 pixels. */
const square = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGO44OCAFTEMLQkA9qhUAcwLY9sAAAAASUVORK5CYII="

/** Longest side that the app leaves an image, in pixels. */
const maxSidePx = 1_568

/** Pasted into the box: an image with so much in it that it is made smaller before it is sent. */
const pasteLarge = (page: Page): Promise<void> =>
  composer(page).evaluate(async (box) => {
    const canvas = new OffscreenCanvas(2_000, 1_000)
    const context = canvas.getContext("2d")
    // The same noise each time: what is alike everywhere would be small in bytes.
    let state = 1
    for (let x = 0; x < canvas.width; x += 4) {
      for (let y = 0; y < canvas.height; y += 4) {
        state = (state * 48_271) % 2_147_483_647
        if (context !== null) context.fillStyle = `rgb(${state % 256} ${(state >> 8) % 256} ${(state >> 16) % 256})`
        context?.fillRect(x, y, 4, 4)
      }
    }
    const transfer = new DataTransfer()
    transfer.items.add(new File([await canvas.convertToBlob({ type: "image/png" })], "noise.png", { type: "image/png" }))
    box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }))
  })

/** Larger than the app takes an image; made in the page, as so much is long on its way there. */
const pasteHuge = (page: Page): Promise<void> =>
  composer(page).evaluate((box) => {
    const transfer = new DataTransfer()
    transfer.items.add(new File([new Uint8Array(20_000_001)], "huge.png", { type: "image/png" }))
    box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }))
  })

/** What a provider was given to look at. */
const imagesOf = (body: unknown): ReadonlyArray<string> =>
  [...JSON.stringify(body).matchAll(/"type":"image_url","image_url":\{"url":"([^"]+)"/g)].map(([, url = ""]) => url)

const sizeOf = (page: Page, url: string): Promise<readonly [number, number]> =>
  page.evaluate(async (source) => {
    const image = new Image()
    image.src = source
    await image.decode()
    return [image.naturalWidth, image.naturalHeight] as const
  }, url)

describe.skipIf(chromiumPath === "")("a file in the app", () => {
  layer(App.layer, { excludeTestServices: true })((it) => {
    it.effect.each(places)(
      "of pages reaches the model with its text, also from an edited message; one without any is refused, as is what only says that it is one, and what was written stays; whoever has a link to the branch can save it: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("I have read it."), answer("I have read it again."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...withoutWorker, ...place }))
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await page.locator("input[type=file]").setInputFiles(pdf("empty.pdf", makePdf("")))
            await page.getByRole("button", { name: "Remove empty.pdf" }).waitFor()
            // Told in passing: looked for before it comes.
            const told = page
              .getByText(/^empty\.pdf: .*no text/i)
              .first()
              .waitFor()
            await say(page, "What does it say?")
            await told
            assert.strictEqual(await composer(page).inputValue(), "What does it say?")
            await page.getByRole("button", { name: "Remove empty.pdf" }).click()
            for (const name of ["fake.pdf", "fake.png"]) {
              const mimeType = name.endsWith("pdf") ? "application/pdf" : "image/png"
              await page.locator("input[type=file]").setInputFiles({ name, mimeType, buffer: Buffer.from("<svg/>") })
              await page
                .getByRole("alert")
                .filter({ hasText: `“${name}” is not the kind of file` })
                .waitFor()
              await page.getByRole("button", { name: `Remove ${name}` }).waitFor({ state: "detached" })
            }
            await page.locator("input[type=file]").setInputFiles(pdf("paper.pdf", makePdf("the walrus was Paul")))
            await page.getByRole("button", { name: "Remove paper.pdf" }).waitFor()
            await composer(page).press("Enter")
            await ended(page).waitFor()
            await page.getByText("paper.pdf").first().waitFor()
            await page.getByRole("button", { name: "Share by link" }).click()
            await page.getByRole("button", { name: "Create a link" }).click()
            const reader = await openPage(browser, { ...withoutWorker, ...darkPhone })
            await reader.page.goto(await page.getByLabel("Copy the link").inputValue())
            const saving = reader.page.waitForEvent("download")
            await reader.page.getByRole("link", { name: "paper.pdf" }).click()
            assert.strictEqual((await saving).suggestedFilename(), "paper.pdf")
            assert.deepStrictEqual(reader.faults, [])
            await page.keyboard.press("Escape")
            await page.locator(".person").hover()
            await page.getByRole("button", { name: "Edit", exact: true }).click()
            await page.getByLabel("Edit the message").fill("Who was Paul?")
            await page.getByLabel("Edit the message").press("Enter")
            await page.getByText("I have read it again.").waitFor()
          })
          assert.strictEqual(wire.requests.length, 2)
          for (const { body } of wire.requests) assert.include(JSON.stringify(body), "the walrus was Paul")
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "that is text stands as a file beside what was said, which alone is copied, edited and the conversation's title: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("I have read it."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...withoutWorker, ...place }))
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await page
              .locator("input[type=file]")
              .setInputFiles({ name: "main.go", mimeType: "", buffer: Buffer.from("package walrus") })
            await page.locator(".attachment").getByText("main.go").waitFor()
            await page.locator(".attachment .spinner").first().waitFor({ state: "detached" })
            await say(page, "What is it?")
            await ended(page).waitFor()
            assert.deepStrictEqual(await page.locator(".bubble").allInnerTexts(), ["What is it?"])
            await page.getByRole("heading", { level: 1, name: "What is it?", exact: true }).waitFor()
            await page.locator(".person").hover()
            await page.locator(".person").getByRole("button", { name: "Edit", exact: true }).click()
            assert.strictEqual(await page.getByLabel("Edit the message").inputValue(), "What is it?")
            await page.getByRole("button", { name: "Cancel" }).click()
            const saving = page.waitForEvent("download")
            await page.getByRole("link", { name: "main.go" }).click()
            assert.strictEqual((await saving).suggestedFilename(), "main.go")
          })
          const [request] = wire.requests.map(({ body }) => JSON.stringify(body))
          assert.include(request, "package walrus")
          assert.include(request, "main.go")
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "images reach the model: a small one as it is, a large one that is pasted made smaller; what is too large or damaged is told, and of more than ten files ten go: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("A square, and noise."), answer("Ten notes."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const files = page.locator("input[type=file]")
          const chips = page.locator(".composer").getByRole("button", { name: /^Remove / })
          const text = (name: string, buffer: Buffer) => ({ name, mimeType: "text/plain", buffer })
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await files.setInputFiles({ name: "square.png", mimeType: "image/png", buffer: Buffer.from(square, "base64") })
            await pasteLarge(page)
            await page.getByRole("button", { name: "Remove noise.png" }).waitFor()
            const told = page.getByRole("alert").filter({ hasText: "“huge.png” is too large; at most 20 MB." }).waitFor()
            await pasteHuge(page)
            await told
            const damaged = page.getByRole("alert").filter({ hasText: "“half.png” is damaged" }).waitFor()
            const half = Buffer.from(square, "base64").subarray(0, 60)
            await files.setInputFiles({ name: "half.png", mimeType: "image/png", buffer: half })
            await damaged
            await page.getByRole("button", { name: "Remove half.png" }).waitFor({ state: "detached" })
            assert.strictEqual(await chips.count(), 2)
            await page.getByRole("button", { name: "Send" }).click({ trial: true })
            await screenshot(page, "images")
            await say(page, "What do you see?")
            await page.getByText("A square, and noise.").waitFor()
            assert.strictEqual(await page.locator(".person img").count(), 2)
          })
          const [first = "", second = ""] = imagesOf(wire.requests[0]?.body)
          assert.strictEqual(first, `data:image/png;base64,${square}`)
          assert.match(second, /^data:image\/webp;base64,/)
          yield* Effect.promise(async () => {
            assert.deepStrictEqual(await sizeOf(page, second), [maxSidePx, maxSidePx / 2])
            await files.setInputFiles(
              Array.from({ length: 11 }, (_, index) => text(`note-${index}.txt`, Buffer.from(`note ${index};`)))
            )
            await chips.nth(9).waitFor()
            assert.strictEqual(await chips.count(), 10)
            await page.getByRole("button", { name: "Send" }).click()
            await page.getByText("Ten notes.").waitFor()
          })
          const said = JSON.stringify(wire.requests[1]?.body)
          for (let index = 0; index < 10; index++) assert.include(said, `note ${index};`)
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "are chosen for one conversation: they are there again when one comes back to it, and go out once: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Of otters."), answer("A square, and a note."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const files = page.locator("input[type=file]")
          const chips = async () => page.locator(".composer .attachment-name").allInnerTexts()
          const text = (name: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(`what ${name} says`) })
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await say(page, "Otters")
            await ended(page).waitFor()
            await files.setInputFiles([
              { name: "square.png", mimeType: "image/png", buffer: Buffer.from(square, "base64") },
              text("note.txt")
            ])
            await page.locator(".attachment .spinner").first().waitFor({ state: "detached" })
            await composer(page).fill("What are they?")
            await page.getByRole("button", { name: "New conversation" }).first().click()
            await page.getByRole("heading", { level: 1 }).waitFor()
            assert.deepStrictEqual(await chips(), [])
            await files.setInputFiles(text("other.txt"))
            await page.getByRole("button", { name: "Remove other.txt" }).waitFor()
            await showList(page)
            await page.getByRole("link", { name: "Otters", exact: true }).click()
            await page.getByRole("button", { name: "Remove note.txt" }).waitFor()
            assert.deepStrictEqual(await chips(), ["square.png", "note.txt"])
            assert.strictEqual(await composer(page).inputValue(), "What are they?")
            await composer(page).press("Enter")
            await page.getByText("A square, and a note.").waitFor()
            await page.locator(".composer .attachment").first().waitFor({ state: "detached" })
            await page.getByRole("button", { name: "New conversation" }).first().click()
            await page.getByRole("button", { name: "Remove other.txt" }).waitFor()
            assert.deepStrictEqual(await chips(), ["other.txt"])
          })
          const said = JSON.stringify(wire.requests[1]?.body)
          assert.deepStrictEqual(
            ["data:image/png", "what note.txt says", "what other.txt says"].map((part) => said.split(part).length - 1),
            [1, 1, 0]
          )
          assert.strictEqual(wire.requests.length, 2)
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "goes out once, also when one leaves while it uploads, comes back and sends again; what was chosen meanwhile stays: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Of otters."), answer("I have read it."), answer("That too."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, { ...withoutWorker, ...place }))
          const files = page.locator("input[type=file]")
          const chip = (name: string) => page.getByRole("button", { name: `Remove ${name}` })
          const send = page.getByRole("button", { name: "Send" })
          const away = page.getByRole("button", { name: "New conversation" }).first()
          const uploads: Array<string> = []
          let letGo = () => {}
          const hold = () => {
            const held = new Promise<void>((resolve) => (letGo = resolve))
            return page.route(/\/attachments\?/, async (route) => {
              uploads.push(new URL(route.request().url()).searchParams.get("name") ?? "")
              await held
              await route.continue()
            })
          }
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            await say(page, "Otters")
            await ended(page).waitFor()
            await hold()
            await files.setInputFiles(pdf("paper.pdf", makePdf("the walrus was Paul")))
            await chip("paper.pdf").waitFor()
            const asked = page.waitForRequest(/\/attachments\?/)
            await say(page, "Read")
            await asked
            await away.click()
            await chip("paper.pdf").waitFor({ state: "detached" })
            await showList(page)
            await page.getByRole("link", { name: "Otters", exact: true }).click()
            await chip("paper.pdf").waitFor()
            assert.strictEqual(await composer(page).inputValue(), "Read")
            assert.isTrue(await send.isDisabled())
            await composer(page).press("Enter")
            await files.setInputFiles(pdf("later.pdf", makePdf("and John was the eggman")))
            await chip("later.pdf").waitFor()
            letGo()
            await page.getByText("I have read it.").waitFor()
            await chip("paper.pdf").waitFor({ state: "detached" })
            assert.strictEqual(await composer(page).inputValue(), "")
            assert.strictEqual(await chip("later.pdf").count(), 1)
            assert.deepStrictEqual(await page.locator(".bubble").allInnerTexts(), ["Otters", "Read"])
            assert.deepStrictEqual(uploads, ["paper.pdf"])

            await page.unroute(/\/attachments\?/)
            await hold()
            await away.click()
            await files.setInputFiles(pdf("first.pdf", makePdf("goo goo goo joob")))
            await chip("first.pdf").waitFor()
            const askedAgain = page.waitForRequest(/\/attachments\?/)
            await say(page, "Begin")
            await askedAgain
            await showList(page)
            await page.getByRole("link", { name: "Otters", exact: true }).click()
            await chip("later.pdf").waitFor()
            const there = page.url()
            letGo()
            // Unread by then, or not yet.
            await showList(page)
            await page.getByRole("link", { name: /^Begin\s*(Unread)?$/ }).waitFor()
            await hideList(page)
            assert.strictEqual(page.url(), there)
            await away.click()
            await chip("later.pdf").waitFor({ state: "detached" })
            assert.strictEqual(await composer(page).inputValue(), "")
            assert.strictEqual(await chip("first.pdf").count(), 0)
          })
          assert.deepStrictEqual(uploads, ["paper.pdf", "first.pdf"])
          assert.deepStrictEqual(faults, [])
        })
    )

    it.effect.each(places)(
      "takes no place of the next message's ten while it is on its way, and one again when it was refused: %s",
      ([, place]) =>
        Effect.gen(function* () {
          const { browser, parley, wire } = yield* freshApp
          wire.enqueue(answer("Ten of the second."))
          const { faults, page } = yield* Effect.promise(() => openPageAgain(browser, place))
          const chips = page.locator(".composer .attachment")
          const choose = (which: string, count: number) =>
            page.locator("input[type=file]").setInputFiles(
              Array.from({ length: count }, (_, index) => ({
                name: `${which}-${index}.txt`,
                mimeType: "text/plain",
                buffer: Buffer.from(`${which} ${index};`)
              }))
            )
          yield* Effect.promise(async () => {
            await signIn(page, parley.url, parley.key)
            const refuse: Array<() => Promise<void>> = []
            await page.route(/\/attachments\?/, (route) => void refuse.push(() => route.fulfill({ status: 422, body: "" })))
            await choose("first", 10)
            await chips.nth(9).waitFor()
            await page.locator(".attachment .spinner").first().waitFor({ state: "detached" })
            const asked = page.waitForRequest(/\/attachments\?/)
            await say(page, "The first ten")
            await asked
            const surplus = page.getByText("At most 10 files go along with a message: 1 was left out.").waitFor()
            await choose("second", 11)
            await surplus
            await chips.nth(19).waitFor()
            assert.strictEqual(await chips.count(), 20)
            assert.isTrue(await page.getByRole("button", { name: "Remove first-0.txt" }).isDisabled())
            await Promise.all(refuse.map((now) => now()))
            await page.getByRole("button", { name: "Remove first-0.txt" }).click()
            assert.strictEqual(await composer(page).inputValue(), "The first ten")
            await page.unroute(/\/attachments\?/)
            const tooMany = page.getByText("At most 10 files go along with a message: remove 9.").waitFor()
            await composer(page).press("Enter")
            await tooMany
            for (let index = 1; index < 10; index++) await page.getByRole("button", { name: `Remove first-${index}.txt` }).click()
            await composer(page).press("Enter")
            await page.getByText("Ten of the second.").waitFor()
            await chips.first().waitFor({ state: "detached" })
          })
          const said = JSON.stringify(wire.requests[0]?.body)
          for (let index = 0; index < 10; index++) assert.include(said, `second ${index};`)
          assert.notInclude(said, "first 0;")
          assert.deepStrictEqual(faults, [])
        })
    )
  })
})
