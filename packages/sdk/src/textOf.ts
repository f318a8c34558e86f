import type { Part } from "@parley/domain/Content"

/** The text parts, joined. */
export const textOf = (parts: ReadonlyArray<Part>): string => {
  let text = ""
  for (const part of parts) if (part.type === "text") text += part.text
  return text
}
