/**
 * Identifiers. Each is `<prefix>_<26 characters of Crockford base 32>`: 48 bits of Unix milliseconds, then 80 random
 * bits, so that ids sort by time of creation and are safe to show.
 */
import { Clock, Effect, Schema } from "effect"

const id = (prefix: string) => Schema.String.check(Schema.isPattern(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`)))

export const TenantId = id("ten").pipe(Schema.brand("TenantId"))
export type TenantId = typeof TenantId.Type
export const PrincipalId = id("prn").pipe(Schema.brand("PrincipalId"))
export type PrincipalId = typeof PrincipalId.Type
export const ApiKeyId = id("key").pipe(Schema.brand("ApiKeyId"))
export type ApiKeyId = typeof ApiKeyId.Type
export const ConversationId = id("cnv").pipe(Schema.brand("ConversationId"))
export type ConversationId = typeof ConversationId.Type
export const MessageId = id("msg").pipe(Schema.brand("MessageId"))
export type MessageId = typeof MessageId.Type
export const RunId = id("run").pipe(Schema.brand("RunId"))
export type RunId = typeof RunId.Type
export const SessionId = id("ses").pipe(Schema.brand("SessionId"))
export type SessionId = typeof SessionId.Type
export const InviteId = id("inv").pipe(Schema.brand("InviteId"))
export type InviteId = typeof InviteId.Type
export const FolderId = id("fld").pipe(Schema.brand("FolderId"))
export type FolderId = typeof FolderId.Type
export const ShareId = id("shr").pipe(Schema.brand("ShareId"))
export type ShareId = typeof ShareId.Type
export const PromptId = id("pro").pipe(Schema.brand("PromptId"))
export type PromptId = typeof PromptId.Type
export const AttachmentId = id("att").pipe(Schema.brand("AttachmentId"))
export type AttachmentId = typeof AttachmentId.Type
/** New whenever the owner of a run restarts or loses its log. */
export const Epoch = id("epo").pipe(Schema.brand("Epoch"))
export type Epoch = typeof Epoch.Type

/** Chosen by the client; a retry with the same value never makes a second turn. Remembered for 24 hours. */
export const ClientMessageId = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_.:-]{1,64}$/)).pipe(
  Schema.brand("ClientMessageId")
)
export type ClientMessageId = typeof ClientMessageId.Type

/** Accepted from `x-request-id` or made; in every log line and error of the request. */
export const RequestId = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_.:-]{1,128}$/)).pipe(Schema.brand("RequestId"))
export type RequestId = typeof RequestId.Type

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
/** All pairs of characters, by ten bits. */
const pairs = Array.from({ length: 1024 }, (_, bits) => alphabet.charAt(bits >> 5) + alphabet.charAt(bits & 31))

/** Random bits are fetched for this many ids at once: each call of the generator costs more than an id. */
const idsPerFetch = 256
const pairsPerId = 8
/** Sixteen bits a pair, of which ten are used. */
const random = new Uint16Array(idsPerFetch * pairsPerId)
let used = random.length

let timeMs = -1
let timeText = ""

const body = (nowMs: number): string => {
  if (nowMs !== timeMs) {
    timeMs = nowMs
    timeText = timeOf(nowMs)
  }
  if (used === random.length) {
    crypto.getRandomValues(random)
    used = 0
  }
  let text = timeText
  for (const end = used + pairsPerId; used < end; used++) text += pairs[(random[used] ?? 0) & 1023]
  return text
}

const timeOf = (nowMs: number): string => {
  let text = ""
  let rest = nowMs
  for (let i = 0; i < 10; i++) {
    text = alphabet.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}

const generator = <A>(prefix: string, schema: { make(value: string): A }): Effect.Effect<A> =>
  Effect.map(Clock.currentTimeMillis, (nowMs) => schema.make(`${prefix}_${body(nowMs)}`))

export const makeTenantId = generator("ten", TenantId)
export const makePrincipalId = generator("prn", PrincipalId)
export const makeApiKeyId = generator("key", ApiKeyId)
export const makeConversationId = generator("cnv", ConversationId)
export const makeMessageId = generator("msg", MessageId)
export const makeRunId = generator("run", RunId)
export const makeEpoch = generator("epo", Epoch)
export const makeSessionId = generator("ses", SessionId)
export const makeInviteId = generator("inv", InviteId)
export const makeFolderId = generator("fld", FolderId)
export const makeShareId = generator("shr", ShareId)
export const makePromptId = generator("pro", PromptId)
export const makeAttachmentId = generator("att", AttachmentId)
/** Synchronous: made once per request on the edge, where no fiber exists yet; and unchecked, since what is made here fits. */
export const makeRequestId = (nowMs: number): RequestId => `req_${body(nowMs)}` as RequestId
