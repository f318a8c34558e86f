/** Requests counted by door, method and status: few series, whatever is asked. */
import { Context, Metric } from "effect"
import type { HttpServerRequest } from "effect/http"

const requests = Metric.counter("http_requests_total", { description: "HTTP requests answered", incremental: true })

const series = new Map<string, ReturnType<typeof seriesOf>>()
const seriesOf = (door: string, method: string, status: number) =>
  Metric.withAttributes(requests, { door, method, status: String(status) })

/** Methods that get a series of their own. */
const methods = new Set(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"])

const doorOf = (url: string): string => {
  if (url.startsWith("/v1/messages")) return "anthropic"
  if (url.startsWith("/v1/")) return "openai"
  if (url.startsWith("/api/")) return "api"
  if (url.startsWith("/rpc")) return "rpc"
  if (url.startsWith("/health/") || url.startsWith("/metrics")) return "operations"
  return "page"
}

export const countRequest = (request: HttpServerRequest.HttpServerRequest, status: number): void => {
  const door = doorOf(request.url)
  const method = methods.has(request.method) ? request.method : "other"
  const name = `${door} ${method} ${status}`
  let counter = series.get(name)
  if (counter === undefined) series.set(name, (counter = seriesOf(door, method, status)))
  counter.updateUnsafe(1, Context.empty())
}
