/** `/`: the chat page, a few static files that are read once and served from memory. */
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"

const javascript = "text/javascript; charset=utf-8"

/** Address, file, content type. */
const files = [
  ["/", "index.html", "text/html; charset=utf-8"],
  ["/page/page.css", "page.css", "text/css; charset=utf-8"],
  ["/page/page.js", "page.js", javascript],
  ["/page/answer.js", "answer.js", javascript],
  ["/page/connection.js", "connection.js", javascript],
  ["/page/room.js", "room.js", javascript],
  ["/page/storage.js", "storage.js", javascript],
  ["/page/view.js", "view.js", javascript]
] as const

/** Nothing but our own files, our own host, and no markup made from text. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'"
].join("; ")

const route = ([path, file, contentType]: (typeof files)[number]) => {
  const body = readFileSync(new URL(file, import.meta.url))
  const headers = {
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    // Asked each time, answered with 304 while it is the same.
    "cache-control": "no-cache",
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin"
  }
  const whole = HttpServerResponse.uint8Array(body, { contentType, headers })
  const unchanged = HttpServerResponse.empty({ status: 304, headers })
  return HttpRouter.add(
    "GET",
    path,
    Effect.map(HttpServerRequest.HttpServerRequest, (request) =>
      request.headers["if-none-match"] === headers.etag ? unchanged : whole
    )
  )
}

const [first, ...others] = files

export const PageDoor = {
  layer: Layer.suspend(() => Layer.mergeAll(route(first), ...others.map(route)))
}
