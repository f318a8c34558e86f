/** `/docs`: the API's description for people. The page carries all it needs and may load nothing from elsewhere. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiScalar } from "effect/http-api"
import { createHash } from "node:crypto"

const withPolicy = HttpRouter.middleware((route) => {
  let policy: string | undefined
  return Effect.map(route, (response) =>
    HttpServerResponse.setHeader(response, "content-security-policy", (policy ??= policyOf(response)))
  )
}).layer

/** Allows exactly the scripts that are on the page. */
const policyOf = ({ body }: HttpServerResponse.HttpServerResponse): string => {
  const html = body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
  const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
    ([, script = ""]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`
  )
  return [
    "default-src 'none'",
    `script-src ${scripts.join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; ")
}

export const layerDocsDoor = HttpApiScalar.layer(ParleyApi, { path: "/docs", scalar: { withDefaultFonts: false } }).pipe(
  Layer.provide(withPolicy)
)
