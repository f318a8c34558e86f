import type { Part } from "../../client/sdk.ts"

/** The text parts, with a blank line between them. */
export const textOfParts = (parts: ReadonlyArray<Part>): string =>
  parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n")
