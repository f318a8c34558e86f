/** Who is compared. */
import type { Browser } from "playwright-core"
import type { Contestant } from "./Contestant.ts"
import type { RivalPage } from "./rivalPage.ts"

/** Signed in once; every visitor brings that session and nothing else. */
export const parleyApp = async (browser: Browser, port: number, key: string): Promise<Contestant> => {
  const url = `http://127.0.0.1:${port}/`
  const first = await browser.newContext()
  const page = await first.newPage()
  await page.goto(url)
  await page.getByLabel("Key").fill(key)
  await page.getByRole("button", { name: "Continue" }).click()
  await page.getByRole("textbox", { name: "Message", exact: true }).waitFor()
  const { cookies } = await first.storageState()
  await first.close()
  return {
    name: "Parley",
    urlOf: () => url,
    visitor: async (other, model) => {
      const context = await other.newContext({ storageState: { cookies, origins: [] } })
      await context.addInitScript(`localStorage.setItem("parley.model", ${JSON.stringify(`openai/${model}`)})`)
      return context
    }
  }
}

export const assistantUi = ({ url }: RivalPage): Contestant => ({
  name: "assistant-ui 0.15.21",
  urlOf: (model) => `${url}?model=${model}`,
  visitor: (browser) => browser.newContext()
})
