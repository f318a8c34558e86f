/** Reads a client's frame: once, here, and trusted from then on. */
import type { Fault } from "@parley/domain/api/Problem"
import { Result, SchemaParser } from "effect"
import { ConversationId, RunId } from "@parley/domain/Ids"
import { ClientFrame } from "@parley/domain/SocketProtocol"
import { maxJsonDepth } from "../bodyLimits.ts"
import { faultsOf } from "../faults.ts"
import { isDeeperThan } from "./jsonDepth.ts"

/** `id` is that of the command, as far as the frame could be read. */
export interface UnreadableFrame {
  readonly id: string | undefined
  readonly issues: ReadonlyArray<Fault>
}

export const readFrame = (text: string): Result.Result<ClientFrame, UnreadableFrame> => {
  const ack = readAck(text)
  if (ack !== undefined) return Result.succeed(ack)
  if (isDeeperThan(text, maxJsonDepth)) {
    return unreadable(undefined, "", `nested deeper than ${maxJsonDepth}`)
  }
  let input: unknown
  try {
    input = JSON.parse(text)
  } catch {
    return unreadable(undefined, "", "not JSON")
  }
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return unreadable(undefined, "", "not a JSON object")
  }
  const id = "id" in input && typeof input.id === "string" && input.id.length <= maxIdLength ? input.id : undefined
  if (!("type" in input) || typeof input.type !== "string" || !types.has(input.type)) {
    return unreadable(id, "type", `expected one of ${[...types].join(", ")}`)
  }
  const frame = decode(input)
  return Result.isSuccess(frame) ? Result.succeed(frame.success) : Result.fail({ id, issues: faultsOf(frame.failure) })
}

/**
 * The commonest frame, a second from every reader, as the clients write it: read without the schema, which decides about every other spelling.
 */
const readAck = (text: string): ClientFrame | undefined => {
  const found = ackShape.exec(text)
  if (found === null) return undefined
  const [, conversationId = "", runId = "", seq = ""] = found
  return {
    type: "ack",
    conversationId: ConversationId.make(conversationId, unchecked),
    runId: RunId.make(runId, unchecked),
    seq: Number(seq)
  }
}

/** The shape is checked. */
const unchecked = { disableChecks: true } as const
const idBody = "[0-9a-hjkmnp-tv-z]{26}"
const ackShape = new RegExp(
  `^\\{"type":"ack","conversationId":"(cnv_${idBody})","runId":"(run_${idBody})","seq":(0|[1-9][0-9]{0,14})\\}$`
)

/** As in `ClientFrame`. */
const maxIdLength = 64
const types: ReadonlySet<string> = new Set(ClientFrame.members.map((member) => member.fields.type.literal))

const decode = SchemaParser.decodeUnknownResult(ClientFrame, { errors: "all" })

const unreadable = (id: string | undefined, path: string, message: string) =>
  Result.fail<UnreadableFrame>({ id, issues: [{ path, message }] })
