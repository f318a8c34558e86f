/**
 * A whole answer of a completion door, as JSON. Effect copies the headers of a response that has a typed body into an object whose prototype it then
 * changes, which costs more than all else of a small answer; here they are given once, the body's own among them.
 */
import { HttpServerResponse } from "effect/http"

export const wholeAnswer = (body: object, headers: Readonly<Record<string, string>>): HttpServerResponse.HttpServerResponse => {
  const text = JSON.stringify(body)
  return HttpServerResponse.raw(text, {
    headers: { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)), ...headers }
  })
}
