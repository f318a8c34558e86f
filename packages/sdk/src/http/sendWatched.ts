/** As `fetch`, and tells how much of the body has gone out: which only an `XMLHttpRequest` knows. */
import type { Platform } from "../Platform.ts"

export const sendWatched: NonNullable<Platform["send"]> = (url, { body, headers, method = "GET", signal }, sent) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const stop = (): void => request.abort()
    const failed = (error: Error): void => {
      signal?.removeEventListener("abort", stop)
      reject(error)
    }
    request.open(method, url)
    // To the page's own origin cookies go along whatever stands here: `HttpCaller` sends nothing with a key by it.
    request.withCredentials = true
    for (const [name, value] of new Headers(headers)) request.setRequestHeader(name, value)
    request.upload.addEventListener("progress", ({ loaded }) => sent(loaded))
    request.addEventListener("error", () => failed(new TypeError("the request failed")))
    request.addEventListener("abort", () => failed(Object.assign(new Error("the request was given up"), { name: "AbortError" })))
    request.addEventListener("load", () => {
      signal?.removeEventListener("abort", stop)
      const { responseText, status } = request
      resolve(new Response(responseText === "" ? null : responseText, { status, headers: headersOf(request) }))
    })
    signal?.addEventListener("abort", stop)
    request.send(body instanceof Blob ? body : String(body ?? ""))
  })

const headersOf = (request: XMLHttpRequest): Headers => {
  const headers = new Headers()
  for (const line of request.getAllResponseHeaders().split("\r\n")) {
    const at = line.indexOf(":")
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim())
  }
  return headers
}
