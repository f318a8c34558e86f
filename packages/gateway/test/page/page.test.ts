import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, inject, it } from "vitest"
import { chromium } from "playwright-core"
import type { Browser, Page } from "playwright-core"
import { CloseCode } from "@parley/domain/SocketProtocol"
import { waitTimeoutMs } from "../../../../test/support/waitTimeoutMs.ts"
import { engines } from "../server/support/engines.ts"
import type { DoubleRun } from "../support/socketConversations.ts"
import { startDoors, until } from "../support/socketDoors.ts"
import type { RunningDoors } from "../support/socketDoors.ts"
import { goodKey } from "../support/socketKeys.ts"

const executablePath = inject("headlessPath")

describe.each(engines)("the page's files on %s", (engine) => {
  let doors: RunningDoors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())

  it("come with a policy that lets nothing foreign in, and are not sent again while they are the same", async () => {
    for (const path of [
      "/",
      "/page/page.js",
      "/page/page.css",
      "/page/answer.js",
      "/page/connection.js",
      "/page/room.js",
      "/page/storage.js",
      "/page/view.js"
    ]) {
      const answer = await fetch(`${doors.url}${path}`)
      assert.strictEqual(answer.status, 200, path)
      assert.isAbove((await answer.text()).length, 100)
      const policy = answer.headers.get("content-security-policy") ?? ""
      assert.include(policy, "default-src 'none'")
      assert.notInclude(policy, "unsafe")
      assert.strictEqual(answer.headers.get("x-content-type-options"), "nosniff")
      const again = await fetch(`${doors.url}${path}`, { headers: { "if-none-match": answer.headers.get("etag") ?? "" } })
      assert.strictEqual(again.status, 304, path)
      assert.strictEqual(await again.text(), "")
    }
  })
})

describe.skipIf(executablePath === "")("the page in a browser", () => {
  let browser: Browser
  let doors: RunningDoors
  let page: Page
  const faults: Array<string> = []
  const runs: Array<DoubleRun> = []

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] })
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    runs.length = 0
    faults.length = 0
    doors = await startDoors("node")
    doors.conversations.onRun = (run) => void runs.push(run)
    page = await browser.newPage()
    page.setDefaultTimeout(waitTimeoutMs)
    page.on("pageerror", (error) => faults.push(String(error)))
    page.on("console", (message) => {
      if (message.type() === "error" && message.text().includes("Content Security Policy")) faults.push(message.text())
    })
  })
  afterEach(async () => {
    await page.close()
    await doors.close()
    assert.deepStrictEqual(faults, [])
  })

  const open = async () => {
    await page.goto(`${doors.url}/#key=${goodKey}`)
    await page.getByText("Connected", { exact: true }).waitFor()
  }
  const ask = async (text: string): Promise<DoubleRun> => {
    const before = runs.length
    await page.getByLabel("Message", { exact: true }).fill(text)
    await page.getByRole("button", { name: "Send" }).click()
    await until("a run", () => runs.length > before)
    const run = runs.at(-1)
    assert(run !== undefined)
    // The room may tell the message before it is accepted; until then it is shown as it was written, too.
    await page.getByText("Sending…").waitFor({ state: "detached" })
    return run
  }
  const shown = () => page.locator(".message.assistant .text").last().textContent()
  const untilShown = async (text: string) => {
    let now: string | null = null
    try {
      await page.waitForFunction(
        (expected) => [...document.querySelectorAll(".message.assistant .text")].at(-1)?.textContent === expected,
        text
      )
    } catch (error) {
      now = await shown()
      throw new Error(`shown: ${now}`, { cause: error })
    }
  }

  /** What a screen reader is told. */
  const announced = async (text: string) => {
    await page.waitForFunction(
      (expected) => [...document.querySelectorAll("[aria-live],[role=status]")].some((one) => one.textContent === expected),
      text
    )
  }

  it("takes the key out of the address, sends, and shows the answer as it comes, markup as text", async () => {
    await open()
    assert.notInclude(page.url(), "pk_")
    await page.getByLabel("Model").selectOption("demo/other")
    const run = await ask("<b>hello</b>")
    assert.strictEqual(await page.locator(".message.user .text").textContent(), "<b>hello</b>")
    const call = doors.conversations.calls.find(({ method }) => method === "send")
    assert.include(JSON.stringify(call?.arguments), "demo/other")
    doors.conversations.text(run, "one ")
    await untilShown("one ")
    doors.conversations.text(run, "<img src=x onerror=alert(1)> two")
    await untilShown("one <img src=x onerror=alert(1)> two")
    assert.strictEqual(await page.locator(".message img").count(), 0)
    doors.conversations.complete(run)
    await page.getByRole("button", { name: "Send" }).waitFor()
    assert.strictEqual(await shown(), "one <img src=x onerror=alert(1)> two")
    assert.strictEqual(await page.locator(".message").count(), 2)
    assert.include(page.url(), "#c=cnv_")
  })

  it("goes on after a reload in the middle of an answer, from where it was, and ends with every byte", async () => {
    await open()
    const run = await ask("hello")
    const words = Array.from({ length: 60 }, (_, i) => `wörd ${i} 🦜 `)
    for (const word of words.slice(0, 20)) doors.conversations.text(run, word)
    await untilShown(words.slice(0, 20).join(""))
    const subscribed: Array<string> = []
    page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        if (String(payload).includes('"subscribe"')) subscribed.push(String(payload))
      })
    )
    await page.reload()
    for (const word of words.slice(20, 40)) doors.conversations.text(run, word)
    await untilShown(words.slice(0, 40).join(""))
    for (const word of words.slice(40)) doors.conversations.text(run, word)
    doors.conversations.complete(run)
    await page.getByRole("button", { name: "Send" }).waitFor()
    assert.strictEqual(await shown(), words.join(""))
    assert.include(subscribed[0] ?? "", run.epoch)
    assert.include(subscribed[0] ?? "", '"afterSeq":21')
    // And after the end it is still there.
    await page.reload()
    await untilShown(words.join(""))
    assert.strictEqual(await page.locator(".message").count(), 2)
  })

  it("stops an answer, and says so", async () => {
    await open()
    const run = await ask("hello")
    doors.conversations.text(run, "partial")
    await untilShown("partial")
    await page.getByRole("button", { name: "Stop" }).click()
    await page.getByText("Stopped.", { exact: true }).waitFor()
    assert.strictEqual(run.status, "cancelled")
    assert.strictEqual(await shown(), "partial")
    await announced("The answer was stopped.")
  })

  it("shows why an answer failed", async () => {
    await open()
    const run = await ask("hello")
    doors.conversations.emit(run, { type: "run-fail", code: "provider_failed", message: "The provider failed." })
    await page.locator(".message.failed").waitFor()
    await announced("The answer failed.")
  })

  it("says that a conversation is gone, and offers a new one on the same connection", async () => {
    await open()
    const run = await ask("hello")
    for (const follower of doors.conversations.followers) follower.port.close(CloseCode.gone, "deleted")
    await page.getByText("This conversation is gone.").waitFor()
    assert.strictEqual(await page.locator(".message").count(), 0)
    const next = await ask("again")
    assert.notStrictEqual(next.conversationId, run.conversationId)
    doors.conversations.complete(next)
    await announced("The answer is complete.")
  })

  it("acknowledges what it has applied, within a second and at the end", async () => {
    await open()
    const run = await ask("hello")
    doors.conversations.text(run, "x")
    await until("an ack of the text", () => doors.conversations.acks.some(([id, seq]) => id === run.runId && seq === 2))
    doors.conversations.text(run, "y".repeat(9_000))
    doors.conversations.complete(run)
    await until("an ack of the end", () => doors.conversations.acks.some(([, seq]) => seq === run.events.length))
  })

  it("comes back after the server was away, and sends what was not accepted once", async () => {
    await open()
    const first = await ask("hello")
    doors.conversations.text(first, "before ")
    await untilShown("before ")
    const { conversations, keys, port } = doors
    await doors.close()
    await page.getByText(/Trying again|Connecting/).waitFor()
    conversations.text(first, "meanwhile ")
    doors = await startDoors("node", {}, { conversations, keys, port })
    await page.getByText("Connected", { exact: true }).waitFor()
    conversations.text(first, "after")
    conversations.complete(first)
    await untilShown("before meanwhile after")
    await page.getByRole("button", { name: "Send" }).waitFor()
    const second = await ask("again")
    conversations.text(second, "yes")
    conversations.complete(second)
    await untilShown("yes")
    assert.strictEqual(await page.locator(".message").count(), 4)
  })

  it("asks for a key when there is none, refuses a wrong one with a reason, and takes a good one", async () => {
    await page.goto(doors.url)
    await page.getByLabel("API key").fill("pk_wrong")
    await page.getByRole("button", { name: "Continue" }).click()
    await page.getByText("This key is not accepted.").waitFor()
    await page.getByLabel("API key").fill(goodKey)
    await page.getByRole("button", { name: "Continue" }).click()
    await page.getByText("Connected", { exact: true }).waitFor()
    await page.getByRole("button", { name: "Forget key" }).click()
    await page.getByLabel("API key").waitFor()
    await page.reload()
    await page.getByLabel("API key").waitFor()
  })

  it("fits a phone: nothing overflows, and what is touched is 44 pixels", async () => {
    await page.setViewportSize({ width: 360, height: 640 })
    await open()
    const run = await ask("a".repeat(400))
    doors.conversations.text(run, "b".repeat(400))
    await untilShown("b".repeat(400))
    const measured = await page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      low: [...document.querySelectorAll("button, select, textarea")]
        .filter((element) => element.getClientRects().length > 0)
        .map((element) => Math.round(element.getBoundingClientRect().height))
        .filter((height) => height < 44)
    }))
    assert.deepStrictEqual(measured, { width: 360, low: [] })
  })
})
