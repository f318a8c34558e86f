/** The body of a chat completion, read once. */
import type { InvalidRequest } from "@parley/domain/Errors"
import { Effect, Result, SchemaParser } from "effect"
import { maxJsonDepth } from "../bodyLimits.ts"
import { faultsOf } from "../faults.ts"
import { isDeeperThan } from "../socket/jsonDepth.ts"
import { ChatRequest } from "./ChatRequest.ts"
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
  const request = decode(input)
  if (Result.isSuccess(request)) return Effect.succeed(request.success)
  const all = decodeAll(input)
  return Effect.fail(invalidRequest(faultsOf(Result.isFailure(all) ? all.failure : request.failure)))
}
