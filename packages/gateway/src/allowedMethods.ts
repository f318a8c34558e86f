/** Which methods a path has, so that a wrong one is answered with 405 and not as if the path did not exist. Asked only after no route was found. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"

/** The routes that `ParleyApi` does not describe. */
const others: ReadonlyArray<readonly [method: string, path: string]> = [
  ["POST", "/v1/chat/completions"],
  ["POST", "/v1/messages"],
  ["POST", "/v1/messages/count_tokens"],
  ["POST", "/v1/responses"],
  ["POST", "/v1/embeddings"],
  ["GET", "/v1/models"],
  ["GET", "/v1/models/*"],
  ["GET", "/health/live"],
  ["GET", "/health/ready"],
  ["GET", "/metrics"],
  ["GET", "/openapi.json"],
  ["GET", "/docs"],
  ["POST", "/rpc"],
  ["GET", "/ws"]
]

interface Pattern {
  readonly path: RegExp
  readonly methods: Set<string>
}

/** Empty when nothing answers at this path. */
export const allowedMethods = (url: string): ReadonlyArray<string> => {
  const path = url.replace(/[?#].*$/s, "").replace(/(?<=.)\/$/, "")
  const found = new Set<string>()
  if (!isDecodable(path)) return []
  for (const pattern of patterns) {
    if (pattern.path.test(path)) for (const method of pattern.methods) found.add(method)
  }
  if (found.has("GET")) found.add("HEAD")
  return [...found].sort()
}

/** A path that is no text matches no route, whatever its method. */
const isDecodable = (path: string): boolean => {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

const makePatterns = (): ReadonlyArray<Pattern> => {
  const byPath = new Map<string, Set<string>>()
  const add = (method: string, path: string) => {
    const methods = byPath.get(path)
    if (methods === undefined) byPath.set(path, new Set([method]))
    else methods.add(method)
  }
  for (const [method, path] of others) add(method, path)
  for (const group of Object.values(ParleyApi.groups)) {
    for (const endpoint of Object.values(group.endpoints)) add(endpoint.method, endpoint.path.replace(/(?<=.)\/$/, ""))
  }
  return [...byPath].map(([path, methods]) => ({ path: patternOf(path), methods }))
}

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
      .replace(/:[A-Za-z]+/g, "[^/]+")
      .replace("\\*", ".+")}$`
  )

const patterns = makePatterns()
