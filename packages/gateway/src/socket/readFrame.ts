/** Reads a client's frame: once, here, and trusted from then on. */
import { Result, SchemaIssue, SchemaParser } from "effect"
import { ClientFrame } from "@parley/domain/SocketProtocol"
import { isDeeperThan } from "./jsonDepth.ts"
import { socketLimits } from "./socketLimits.ts"

export interface FrameFault {
  readonly path: string
  readonly message: string
}

/** `id` is that of the command, as far as the frame could be read. */
export interface UnreadableFrame {
  readonly id: string | undefined
  readonly issues: ReadonlyArray<FrameFault>
}

export const readFrame = (text: string): Result.Result<ClientFrame, UnreadableFrame> => {
  if (isDeeperThan(text, socketLimits.jsonDepth)) {
    return unreadable(undefined, "", `nested deeper than ${socketLimits.jsonDepth}`)
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
  return Result.isSuccess(frame) ? Result.succeed(frame.success) : Result.fail({ id, issues: faults(frame.failure) })
}

/** As in `ClientFrame`. */
const maxIdLength = 64
const types: ReadonlySet<string> = new Set(ClientFrame.members.map((member) => member.fields.type.literal))

const decode = SchemaParser.decodeUnknownResult(ClientFrame, { errors: "all" })
const format = SchemaIssue.makeFormatterStandardSchemaV1()

const unreadable = (id: string | undefined, path: string, message: string) =>
  Result.fail<UnreadableFrame>({ id, issues: [{ path, message }] })

/** `content[0].text`, as a person would write it. */
const faults = (issue: SchemaIssue.Issue): ReadonlyArray<FrameFault> =>
  format(issue)
    .issues.slice(0, socketLimits.issues)
    .map(({ message, path }) => ({ path: pathText(path ?? []), message }))

const pathText = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>): string => {
  let text = ""
  for (const step of path) {
    const key = typeof step === "object" ? step.key : step
    text += typeof key === "number" ? `[${key}]` : text === "" ? String(key) : `.${String(key)}`
  }
  return text
}
