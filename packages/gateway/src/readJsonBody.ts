/** A JSON body, read once; every fault of one that does not fit is told with its path. */
import { InvalidRequest } from "@parley/domain/Errors"
import { Effect, Result, SchemaParser } from "effect"
import type { Schema } from "effect"
import { maxJsonDepth } from "./bodyLimits.ts"
import { faultsOf } from "./faults.ts"
import { isDeeperThan } from "./socket/jsonDepth.ts"

/** `prepare` sees the JSON before the schema does. */
export const makeReadJsonBody = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  prepare: (input: unknown) => unknown = (input) => input
): ((text: string) => Effect.Effect<S["Type"], InvalidRequest>) => {
  const decode = SchemaParser.decodeUnknownResult(schema)
  /** Only for what does not fit: collecting all faults costs the requests that have none. */
  const decodeAll = SchemaParser.decodeUnknownResult(schema, { errors: "all" })
  return (text) => {
    if (isDeeperThan(text, maxJsonDepth)) return Effect.fail(unreadable(`The body nests deeper than ${maxJsonDepth} levels.`))
    let input: unknown
    try {
      input = prepare(JSON.parse(text))
    } catch {
      return Effect.fail(unreadable("The body is not JSON."))
    }
    const request = decode(input)
    if (Result.isSuccess(request)) return Effect.succeed(request.success)
    const all = decodeAll(input)
    return Effect.fail(invalidBody(faultsOf(Result.isFailure(all) ? all.failure : request.failure)))
  }
}

/** Names every fault in the message: the doors' own shapes have room for one at most. */
export const invalidBody = (issues: InvalidRequest["issues"]): InvalidRequest =>
  new InvalidRequest({
    message: issues.map(({ message, path }) => (path === "" ? message : `${path}: ${message}`)).join("; "),
    issues
  })

const unreadable = (message: string) => invalidBody([{ path: "", message }])
