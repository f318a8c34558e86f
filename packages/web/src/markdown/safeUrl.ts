/** What a link or an image of an answer may point to. Everything else is shown as text. */

const linkSchemes: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"])

/** The address in its parsed form, or undefined. An address without a scheme is none: an answer knows no pages of ours. */
export const safeLink = (href: string): string | undefined => {
  const url = parsed(href)
  return url !== undefined && linkSchemes.has(url.protocol) ? url.href : undefined
}

/** An image of another host tells that host who reads; it is named, and loaded only by opening its address. */
export const safeImage = (href: string, origin: string): string | undefined => {
  if (/^data:image\/(png|jpeg|gif|webp);base64,/i.test(href)) return href
  const url = parsed(href)
  return url !== undefined && url.origin === origin ? url.href : undefined
}

const parsed = (href: string): URL | undefined => {
  try {
    return new URL(href)
  } catch {
    return undefined
  }
}
