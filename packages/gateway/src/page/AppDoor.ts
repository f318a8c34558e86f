/** `/`: the built app, and its index at every address of its own; without a build, the small page. */
import { Effect, Layer, Option } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { appHeaders, framePolicy } from "./appPolicy.ts"
import { openAppFiles, type AppFile, type AppFiles, type Encoding } from "./AppFiles.ts"
import { PageDoor } from "./PageDoor.ts"

/** Addresses that are somebody else's: what is not found there is not the app. */
const foreign = /^\/(api|v1|ws|rpc|health|metrics|docs|openapi\.json|assets|page)(\/|$)/

/** The build puts a hash of the content into these names, so a name never means another content. */
const isHashed = (path: string): boolean => path.startsWith("/assets/") && /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(path)

/** Pages that the app shows in a frame. */
const isFrame = (path: string): boolean => path.startsWith("/diagram/")

/** A year; asked again each time, and answered with 304 while it is the same; kept nowhere. */
const cacheControl = (path: string): string => {
  if (isHashed(path)) return "public, max-age=31536000, immutable"
  return path === "/index.html" ? "no-store" : "no-cache"
}

const answer = (
  request: HttpServerRequest.HttpServerRequest,
  path: string,
  file: AppFile
): HttpServerResponse.HttpServerResponse => {
  const encoding = encodingOf(request.headers["accept-encoding"], file)
  const etag = `"${file.etag}${encoding === "identity" ? "" : `-${encoding}`}"`
  const headers = {
    ...appHeaders,
    ...(isFrame(path) ? { "content-security-policy": framePolicy } : {}),
    // The frame's origin is nobody's, so its modules come from another one. They are the same for everybody.
    ...(path.startsWith("/assets/") ? { "access-control-allow-origin": "*" } : {}),
    etag,
    "cache-control": cacheControl(path),
    vary: "accept-encoding",
    ...(encoding === "identity" ? {} : { "content-encoding": encoding })
  }
  if (isKnown(request.headers["if-none-match"], etag)) return HttpServerResponse.empty({ status: 304, headers })
  return HttpServerResponse.uint8Array(file.bodies[encoding] ?? file.bodies.identity, { contentType: file.contentType, headers })
}

const isKnown = (given: string | undefined, etag: string): boolean =>
  given !== undefined && given.split(",").some((one) => one.trim().replace(/^W\//, "") === etag)

/** The smallest that the browser takes. */
const encodingOf = (accepted: string | undefined, { bodies }: AppFile): Encoding => {
  if (accepted === undefined) return "identity"
  const takes = (name: string) =>
    new RegExp(`(^|[,\\s])${name}(\\s*;\\s*q=(?!0(\\.0*)?\\s*(,|$))[0-9.]+)?\\s*(,|$)`, "i").test(accepted)
  if (bodies.br !== undefined && takes("br")) return "br"
  return bodies.gzip !== undefined && takes("gzip") ? "gzip" : "identity"
}

/** Undefined for a path that is no text. */
const pathOf = (url: string): string | undefined => {
  try {
    return decodeURIComponent(url.replace(/[?#].*$/s, ""))
  } catch {
    return undefined
  }
}

const serve = (files: AppFiles) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const path = pathOf(request.url)
    if (path === undefined) return HttpServerResponse.empty({ status: 404 })
    const found = path === "/" ? undefined : files.find(path)
    if (found !== undefined) return answer(request, path, yield* found)
    // An address inside the app, which a browser opens or reloads.
    const isNavigation = path === "/" || (!foreign.test(path) && (request.headers["accept"] ?? "").includes("text/html"))
    const index = isNavigation ? files.find("/index.html") : undefined
    return index === undefined ? HttpServerResponse.empty({ status: 404 }) : answer(request, "/index.html", yield* index)
  })

export const AppDoor = {
  /** `folder`: of the build, with its `index.html`. */
  layer: (folder: Option.Option<string>) =>
    Layer.unwrap(
      Effect.gen(function* () {
        const files = Option.isNone(folder) ? Option.none<AppFiles>() : yield* openAppFiles(folder.value)
        if (Option.isNone(files)) return PageDoor.layer
        return HttpRouter.add("GET", "/*", serve(files.value))
      })
    )
}
