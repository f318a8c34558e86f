import type { Page } from "playwright-core"

/** As if each file had 8 MB, which would take long to come and go: for pages that are loaded from here on. */
export const seemLarge = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    const size = Object.getOwnPropertyDescriptor(Blob.prototype, "size")?.get
    Object.defineProperty(Blob.prototype, "size", {
      get(this: Blob) {
        return this instanceof File ? 8_000_000 : size?.call(this)
      }
    })
  })
