/** A file as text: UTF-8, or UTF-16 that says so by its byte order mark. For servers and for browsers. */

/** Only of a file that is text. UTF-8 cannot begin as either mark does. */
export const textEncodingOf = (content: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" => {
  if (content[0] === 0xff && content[1] === 0xfe) return "utf-16le"
  return content[0] === 0xfe && content[1] === 0xff ? "utf-16be" : "utf-8"
}

/** Without its mark. Undefined for what is not whole text, or has a NUL in it. */
export const fileText = (content: Uint8Array): string | undefined => {
  try {
    const text = new TextDecoder(textEncodingOf(content), { fatal: true }).decode(content)
    return text.includes("\0") ? undefined : text
  } catch {
    return undefined
  }
}
