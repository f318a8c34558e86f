/** Saving, kept waiting or refused. */
import type { Page, Request } from "playwright-core"

export const refusal = { status: 422, json: { code: "invalid_request", detail: "no such luck" } }

/** Requests of that kind wait: `asked` when the first has come, and after `letGo` the page has its answer, the server's or the one given, and shows what follows from it. */
export const hold = async (
  page: Page,
  url: RegExp,
  method: string,
  answer?: { readonly status: number; readonly json: unknown }
) => {
  let go = () => {}
  const held = new Promise<void>((resolve) => (go = resolve))
  const isMeant = (request: Request) => request.method() === method && url.test(request.url())
  await page.route(url, async (route) => {
    if (!isMeant(route.request())) return route.continue()
    await held
    await (answer === undefined ? route.continue() : route.fulfill(answer))
  })
  const asked = page.waitForRequest(isMeant)
  return {
    asked,
    letGo: async () => {
      const answered = page.waitForEvent("requestfinished", isMeant)
      go()
      await answered
      await shown(page)
      await page.unroute(url)
    }
  }
}

/** What the page has been told by now stands on it. */
export const shown = (page: Page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(resolve)))))
