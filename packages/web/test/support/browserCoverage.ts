/**
 * What of the app its pages have run. Not counted by `npm test`, whose browsers have no time to spare; with a folder in `PARLEY_BROWSER_COVERAGE`
 * every page leaves there what V8 has seen of the app's files, and `node packages/web/test/support/sumBrowserCoverage.mjs FOLDER` says it of the sources.
 */
import { randomUUID } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import type { BrowserContext, Page } from "playwright-core"

export const countWhatRuns = (context: BrowserContext): BrowserContext => {
  const folder = process.env["PARLEY_BROWSER_COVERAGE"]
  if (folder === undefined) return context
  mkdirSync(folder, { recursive: true })
  const open = new Set<Page>()
  const keep = async (page: Page): Promise<void> => {
    if (!open.delete(page) || page.isClosed()) return
    const scripts = await page.coverage.stopJSCoverage().catch(() => [])
    const own = scripts.filter(({ url }) => /\/assets\/[^/]+\.js$/.test(url)).map(({ functions, url }) => ({ functions, url }))
    writeFileSync(`${folder}/${randomUUID()}.json`, JSON.stringify(own))
  }
  const newPage = context.newPage.bind(context)
  const close = context.close.bind(context)
  return Object.assign(context, {
    newPage: async () => {
      const page = await newPage()
      await page.coverage.startJSCoverage({ resetOnNavigation: false })
      open.add(page)
      const closePage = page.close.bind(page)
      return Object.assign(page, {
        close: async (...options: Parameters<Page["close"]>) => {
          await keep(page)
          await closePage(...options)
        }
      })
    },
    close: async () => {
      for (const page of [...open]) await keep(page)
      await close()
    }
  })
}
