/**
 * Playwright looks for what it waits for after 0, 20, 50, 100 and 100 ms, and then every 500 ms: half of that is lost with each wait, and there are hundreds.
 * Within a bound of two seconds it goes on with 100 ms. So a wait is many short ones, up to the same bound as a whole.
 */
import { errors, type Locator, type Page } from "playwright-core"
import { waitTimeoutMs } from "../../../../test/support/waitTimeoutMs.ts"

/** Longest that Playwright waits at a time, in milliseconds. */
const shortWaitMs = 2_000

const done = new WeakSet<Locator>()

/** From now on, of all locators. */
export const waitClosely = (page: Page): void => {
  const locators: Locator = Object.getPrototypeOf(page.locator("html"))
  if (done.has(locators)) return
  done.add(locators)
  const { waitFor } = locators
  locators.waitFor = async function (this: Locator, { timeout = waitTimeoutMs, ...options } = {}) {
    for (const until = Date.now() + timeout; ;) {
      const left = until - Date.now()
      try {
        return await waitFor.call(this, { ...options, timeout: Math.max(1, Math.min(left, shortWaitMs)) })
      } catch (error) {
        // The last one tells what was waited for, and in vain.
        if (!(error instanceof errors.TimeoutError) || left <= shortWaitMs) throw error
      }
    }
  }
}
