/** A few calls of the HTTP API that several tests begin with. */
import { IssuedApiKey } from "@parley/domain/Administration"
import { Conversation, Message } from "@parley/domain/Message"
import { Effect, Schema } from "effect"

interface Address {
  readonly url: string
  readonly key: string
}

export const request = (
  { key, url }: Address,
  method: string,
  path: string,
  body?: unknown
): Effect.Effect<{ readonly status: number; readonly body: unknown; readonly headers: Headers }> =>
  Effect.promise(async () => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : parsed(text, response.status) }
  })

/** What a proxy says is a page of its own. */
const parsed = (text: string, status: number): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`status ${status}: ${text}`, { cause })
  }
}

const expect = <A>(schema: Schema.Codec<A, unknown>, answer: { readonly status: number; readonly body: unknown }): A => {
  if (answer.status >= 300) throw new Error(`status ${answer.status}: ${JSON.stringify(answer.body)}`)
  return Schema.decodeUnknownSync(schema)(answer.body)
}

export const createConversation = (address: Address, input: { readonly model?: string; readonly title?: string } = {}) =>
  Effect.map(request(address, "POST", "/api/conversations", input), (answer) => expect(Conversation, answer))

const Messages = Schema.Struct({ items: Schema.Array(Message) })

export const listMessages = (address: Address, conversationId: string, query = "") =>
  Effect.map(
    request(address, "GET", `/api/conversations/${conversationId}/messages?${query}`),
    (answer) => expect(Messages, answer).items
  )

export const createKey = (address: Address, input: Readonly<Record<string, unknown>>) =>
  Effect.map(request(address, "POST", "/api/keys", input), (answer) => expect(IssuedApiKey, answer))
