/** Where the server gives a conversation as a file: the branch up to a message, or all there is. */
export const exportUrl = (id: string, format: "json" | "markdown", upTo?: string): string =>
  `/api/conversations/${id}/export?format=${format}${upTo === undefined ? "" : `&messageId=${upTo}`}`
