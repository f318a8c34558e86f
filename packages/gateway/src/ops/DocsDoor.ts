/** The API's description: `/openapi.json` for programs, `/docs` for people. The page carries all it needs and may load nothing from elsewhere. */
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiScalar, OpenApi } from "effect/http-api"
import { createHash } from "node:crypto"
import { DescribedApi } from "./DescribedApi.ts"

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

const layerPage = HttpApiScalar.layer(DescribedApi, { path: "/docs", scalar: { withDefaultFonts: false } }).pipe(
  Layer.provide(withPolicy)
)

const layerDocument = HttpRouter.use((router) =>
  Effect.gen(function* () {
    const document = yield* Effect.cached(Effect.sync(() => HttpServerResponse.jsonUnsafe(OpenApi.fromApi(DescribedApi))))
    yield* router.add("GET", "/openapi.json", document)
  })
)

export const layerDocsDoor = Layer.merge(layerPage, layerDocument)
