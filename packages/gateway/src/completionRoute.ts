/** What the completion doors share: who asks, the body read once, and errors in the door's own shape. */
import { Authenticator } from "@parley/domain/Administration"
import type { CallerInfo } from "@parley/domain/Caller"
import { Completions } from "@parley/domain/Completions"
import type { InvalidRequest, ParleyError } from "@parley/domain/Errors"
import type { RequestId } from "@parley/domain/Ids"
import { Clock, Context, Effect } from "effect"
import { HttpServerError, HttpServerRequest, type HttpServerResponse } from "effect/http"
import { authenticateRequest, requireScope } from "./auth/authenticateRequest.ts"
import { CurrentRequestId } from "./auth/CurrentRequest.ts"

export type CompletionAnswer = Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  ParleyError,
  HttpServerRequest.HttpServerRequest
>

export interface CompletionDoor<Request> {
  readonly read: (text: string) => Effect.Effect<Request, InvalidRequest>
  readonly answer: (
    completions: Completions["Service"],
    caller: CallerInfo,
    request: Request,
    /** When it was asked, Unix seconds. */
    askedAtSeconds: number
  ) => CompletionAnswer
  readonly fault: (error: ParleyError, requestId: RequestId) => HttpServerResponse.HttpServerResponse
}

/** The busiest routes: what is known already is used at once (`…Eager`). */
export const completionRoute = <Request>(door: CompletionDoor<Request>) =>
  Effect.gen(function* () {
    const authenticator = yield* Authenticator
    const completions = yield* Completions

    return Effect.withFiber<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest>((fiber) => {
      const http = Context.getUnsafe(fiber.context, HttpServerRequest.HttpServerRequest)
      const requestId = fiber.getRef(CurrentRequestId)
      const askedAtSeconds = Math.floor(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe() / 1_000)
      const admitted = Effect.flatMapEager(authenticateRequest(authenticator, http.headers, requestId), (caller) =>
        requireScope(caller, "completions")
      )
      const answer = Effect.flatMapEager(admitted, (caller) =>
        Effect.flatMapEager(http.text, (text) =>
          Effect.flatMapEager(door.read(text), (request) => door.answer(completions, caller, request, askedAtSeconds))
        )
      )
      return Effect.catch(answer, (error) =>
        // What the body itself does wrong (too large, cut off) is told by whoever tells all of HTTP's own faults.
        HttpServerError.isHttpServerError(error) ? Effect.die(error) : Effect.succeed(door.fault(error, requestId))
      )
    })
  })
