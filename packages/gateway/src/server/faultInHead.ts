/** Refuses heads that would let the author of a header write the rest of the answer. */
import type { HttpServerResponse } from "effect/http/HttpServerResponse"

/** What is wrong, if anything; asked before the first byte is written. */
export const faultInHead = (response: HttpServerResponse): string | undefined => {
  if (response.status < 200 || response.status > 599) return `Not a final status: ${response.status}`
  if (response.statusText !== undefined && notHeaderText.test(response.statusText)) return "A status text with control characters"
  const { headers } = response
  for (const name in headers) {
    if (notHeaderText.test(headers[name] ?? "") || notHeaderName.test(name))
      return `A header that cannot be sent: ${JSON.stringify(name)}`
  }
  return undefined
}

const notHeaderText = /[^\t\x20-\x7e\x80-\xff]/
const notHeaderName = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
