/** `/docs` in a browser that has nothing but this server. */
import { chromium } from "playwright-core"
import { describe, expect, inject, it } from "vitest"
import { waitTimeoutMs } from "../../../../test/support/waitTimeoutMs.ts"
import { engines } from "../server/support/engines.ts"
import { startDoors } from "../support/startDoors.ts"

const executablePath = inject("headlessPath")

describe.skipIf(executablePath === "")("/docs", () => {
  it("shows the API under its own policy, and asks nobody else for anything", async () => {
    const [engine = "node"] = engines
    const doors = await startDoors(engine)
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] })
    try {
      const page = await browser.newPage()
      page.setDefaultTimeout(waitTimeoutMs)
      const elsewhere: Array<string> = []
      const refused: Array<string> = []
      page.on("request", (request) => {
        if (!request.url().startsWith(doors.url) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url())
      })
      page.on("console", (line) => {
        if (/Content Security Policy/.test(line.text())) refused.push(line.text())
      })
      await page.goto(`${doors.url}/docs`)
      await page.getByText("/v1/chat/completions").first().waitFor()
      expect(elsewhere).toEqual([])
      expect(refused).toEqual([])
    } finally {
      await browser.close()
      await doors.close()
    }
  })
})
