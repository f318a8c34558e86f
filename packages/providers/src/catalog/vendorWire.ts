/** A vendor's wire out of its row: OpenAI's or Anthropic's own, under another name, with other headers and fields. */
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { anthropicWire } from "../anthropic/anthropicWire.ts"
import { encodeRequest } from "../openai/encodeRequest.ts"
import { openaiWire } from "../openai/openaiWire.ts"
import type { Wire } from "../wire/Wire.ts"
import { vendors } from "./vendors.ts"
import type { Dialect, Vendor } from "./vendors.ts"

export interface NamedHeaders {
  readonly [name: string]: string
}

/** OpenAI's wire in a dialect. */
export const openaiVendorWire = (id: string, vendor: Vendor, dialect: Dialect, headers: NamedHeaders): typeof openaiWire => ({
  ...openaiWire,
  id,
  idempotencyHeader: vendor.baseUrl === vendors.openai.baseUrl ? openaiWire.idempotencyHeader : undefined,
  headers: headersOf(openaiWire, vendor, headers),
  encodeRequest: goingOn(vendor, inDialect(dialect))
})

export const anthropicVendorWire = (id: string, vendor: Vendor, headers: NamedHeaders): typeof anthropicWire => ({
  ...anthropicWire,
  id,
  headers: headersOf(anthropicWire, vendor, headers)
})

/** What is configured wins over what the wire says itself; a header is never sent twice. */
const headersOf =
  (wire: Pick<Wire<never>, "headers">, vendor: Vendor, headers: NamedHeaders): Wire<never>["headers"] =>
  (apiKey) => {
    const { keyHeader } = vendor
    const own = wire.headers(keyHeader === undefined ? apiKey : undefined)
    const all = new Map<string, string>()
    for (let i = 0; i + 1 < own.length; i += 2) all.set(own[i] ?? "", own[i + 1] ?? "")
    if (keyHeader !== undefined && apiKey !== undefined) all.set(keyHeader, apiKey)
    for (const [name, value] of Object.entries(headers)) all.set(name, value)
    return [...all].flat()
  }

const inDialect = (dialect: Dialect): ((request: ModelRequest, streaming: boolean) => object) => {
  const encode = encodeRequest({ maxTokens: dialect.maxTokens })
  const omitted = new Set([...dialect.omit, ...(dialect.streamOptions ? [] : ["stream_options"])])
  const renamed = new Map(Object.entries(dialect.rename))
  if (omitted.size === 0 && renamed.size === 0) return encode
  return (request, streaming) =>
    Object.fromEntries(
      Object.entries(encode(request, streaming)).flatMap(([field, value]) =>
        omitted.has(field) ? [] : [[renamed.get(field) ?? field, value]]
      )
    )
}

type Encode = (request: ModelRequest, streaming: boolean) => object

/** An answer at the end of the messages is gone on with; some servers want to be told so. */
const goingOn = ({ goesOn }: Vendor, encode: Encode): Encode => {
  if (goesOn === undefined) return encode
  return (request, streaming) => {
    const body = encode(request, streaming)
    if (request.messages.at(-1)?.role !== "assistant" || !("messages" in body) || !Array.isArray(body.messages)) return body
    const messages: ReadonlyArray<unknown> = body.messages
    const last = messages.at(-1)
    const told = typeof last === "object" ? { ...last, ...goesOn.message } : last
    return { ...body, messages: [...messages.slice(0, -1), told], ...goesOn.body }
  }
}
