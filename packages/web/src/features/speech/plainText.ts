/** Markdown as it is spoken: without its marks, code named rather than spelled. */
export const plainText = (markdown: string): string =>
  markdown
    .replace(/^ {0,3}(`{3,}|~{3,})[\s\S]*?(?:^ {0,3}\1[^\n]*$|$(?![\s\S]))/gm, " … ")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^ {0,3}(#{1,6}|>|[-*+]|\d+\.)\s+/gm, "")
    .replace(/[*`|]|~~/g, "")
    // Within a word it is a part of it: `snake_case`.
    .replace(/(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu, "")
