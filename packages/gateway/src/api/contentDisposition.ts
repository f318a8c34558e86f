/** The name under which a browser saves an answer, which people and models may have chosen. */

/** Longest name, in UTF-16 code units. */
const maxNameLength = 100

/** No paths, no control characters, nothing that a file system treats in its own way. */
export const fileName = (name: string): string => {
  const safe = name
    .toWellFormed()
    .replace(/[\p{C}/\\:*?"<>|]+/gu, " ")
    .replace(/\s+/gu, " ")
    .replace(/^[ .]+/u, "")
    .trim()
  if (safe.length <= maxNameLength) return safe === "" ? "file" : safe
  // The extension is kept: it says what opens it.
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(safe)?.[0] ?? ""
  return (
    safe
      .slice(0, maxNameLength - extension.length)
      .toWellFormed()
      .replace(/\uFFFD$/u, "")
      .trim() + extension
  )
}

/** RFC 6266: a name in ASCII for those that read no other, and the name itself. */
const disposition =
  (kind: "attachment" | "inline") =>
  (name: string): string => {
    const safe = fileName(name)
    const plain = safe.replace(/[^\x20-\x7e]/gu, "_").replace(/[%"\\]/g, "_")
    const encoded = encodeURIComponent(safe).replace(
      /['()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
    )
    return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`
  }

export const attachmentDisposition = disposition("attachment")
export const inlineDisposition = disposition("inline")
