/** The part of the browser's `Clients` that it takes to open a conversation. */
interface Windows {
  readonly matchAll: (options: { readonly type: "window"; readonly includeUncontrolled: true }) => Promise<ReadonlyArray<Page>>
  readonly openWindow: (url: string) => Promise<unknown>
}

interface Page {
  readonly url: string
  readonly postMessage: (message: unknown) => void
  readonly focus: () => Promise<unknown>
}

/** A notice was pressed: the page that shows its conversation comes to the front, else a page of the app, which goes there, else a new one. */
export const openFromNotice = async (windows: Windows, data: unknown): Promise<void> => {
  const said: unknown = Reflect.get(Object(data), "path")
  const path = typeof said === "string" ? said : "/"
  const pages = await windows.matchAll({ type: "window", includeUncontrolled: true })
  const pathOf = ({ url }: Page) => new URL(url).pathname
  const page = pages.find((open) => pathOf(open) === path) ?? pages.find((open) => /^\/(c\/|$)/.test(pathOf(open)))
  if (page === undefined) return void (await windows.openWindow(path))
  page.postMessage({ open: path })
  await page.focus()
}
