/** The body of a chat completion, read once. */
import type { Fault } from "@parley/domain/api/Problem"
import type { InvalidRequest } from "@parley/domain/Errors"
import { Effect, Result, SchemaParser } from "effect"
import { maxJsonDepth } from "../bodyLimits.ts"
import { faultsOf } from "../faults.ts"
import { isDeeperThan } from "../socket/jsonDepth.ts"
import { ChatMessage, ChatRequest } from "./ChatRequest.ts"
import { isPlainChatRequest } from "./isPlainChatRequest.ts"
import { invalidRequest } from "./openaiError.ts"

const decode = SchemaParser.decodeUnknownResult(ChatRequest)
/** Only for what does not fit: collecting all faults costs the requests that have none. */
const decodeAll = SchemaParser.decodeUnknownResult(ChatRequest, { errors: "all" })

export const readChatRequest = (text: string): Effect.Effect<ChatRequest, InvalidRequest> => {
  if (isDeeperThan(text, maxJsonDepth)) {
    return Effect.fail(invalidRequest([{ path: "", message: `The body nests deeper than ${maxJsonDepth} levels.` }]))
  }
  let input: unknown
  try {
    input = JSON.parse(text)
  } catch {
    return Effect.fail(invalidRequest([{ path: "", message: "The body is not JSON." }]))
  }
  if (isPlainChatRequest(input)) return Effect.succeed(input)
  const request = decode(input)
  if (Result.isSuccess(request)) return Effect.succeed(request.success)
  const all = decodeAll(input)
  const faults = faultsOf(Result.isFailure(all) ? all.failure : request.failure)
  return Effect.fail(invalidRequest(faults.map((fault) => roleFault(fault, input) ?? fault)))
}

const roles: ReadonlySet<unknown> = new Set(ChatMessage.members.map((member) => member.fields.role.literal))

/** A message of no known role fits no kind of message: what is wrong with it is its role. */
const roleFault = ({ path }: Fault, input: unknown): Fault | undefined => {
  const place = /^messages\[(\d+)\]$/.exec(path)?.[1]
  if (place === undefined || typeof input !== "object" || input === null || !("messages" in input)) return undefined
  const message: unknown = Array.isArray(input.messages) ? input.messages[Number(place)] : undefined
  if (typeof message !== "object" || message === null || ("role" in message && roles.has(message.role))) return undefined
  return { path: `${path}.role`, message: `Expected one of ${[...roles].join(", ")}` }
}
