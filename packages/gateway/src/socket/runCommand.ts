/** One command as one effect, in its own span, its log lines under its request id, and only while its key is good. */
import { Cause, Effect, Option } from "effect"
import type { Exit, Tracer } from "effect"
import { Headers, HttpTraceContext } from "effect/http"
import { Caller } from "@parley/domain/Caller"
import type { CallerInfo } from "@parley/domain/Caller"
import { InternalError, Unavailable } from "@parley/domain/Errors"
import type { Forbidden, Unauthorized } from "@parley/domain/Errors"
import type { RequestId } from "@parley/domain/Ids"
import { CloseCode } from "@parley/domain/SocketProtocol"
import { requireScope } from "../auth/authenticateRequest.ts"
import { answerCommand, outlivesSocket } from "./answerCommand.ts"
import type { Command } from "./answerCommand.ts"
import { busyRetryAfterMs } from "./socketLimits.ts"
import type { SocketSession } from "./SocketSession.ts"
import { errorFrame } from "./writeFrame.ts"

export const runCommand = (session: SocketSession, command: Command, requestId: RequestId): Effect.Effect<string> =>
  Effect.flatMap(admit(session, command, requestId), (caller) =>
    Effect.provideService(answerCommand(session, command), Caller, caller)
  ).pipe(
    Effect.tapCause((cause) => (Cause.hasDies(cause) ? Effect.logError(`socket.${command.type} failed`, cause) : Effect.void)),
    Effect.withSpan(
      `socket.${command.type}`,
      {
        kind: "server",
        ...parentOf(session, command),
        attributes: { requestId, tenantId: session.caller.tenantId, conversationId: command.conversationId }
      },
      { captureStackTrace: false }
    ),
    Effect.annotateLogs({ requestId, conversationId: command.conversationId }),
    Effect.catch((error) => Effect.succeed(errorFrame(command.id, error, requestId)))
  )

/** The key is asked about anew each time, mostly without waiting: a revoked one is refused here, and its socket closed. */
const admit = (
  session: SocketSession,
  command: Command,
  requestId: RequestId
): Effect.Effect<CallerInfo, Unauthorized | Forbidden | Unavailable> =>
  session.host.authenticator.authenticate(session.key, requestId).pipe(
    Effect.flatMap((caller) => requireScope(caller, "chat")),
    Effect.tapError((error) =>
      Effect.sync(() => {
        if (error._tag === "Unavailable") return
        session.post(errorFrame(command.id, error, requestId))
        session.close(CloseCode.unauthorized, "the key is no longer good")
      })
    )
  )

/** The frame that answers a command that has ended, however it did. */
export const answerOf = (exit: Exit.Exit<string>, command: Command, requestId: RequestId): string =>
  exit._tag === "Success" ? exit.value : errorFrame(command.id, unexpected(command, exit.cause), requestId)

const parentOf = (
  session: SocketSession,
  command: Command
): { readonly parent: Tracer.ExternalSpan } | { readonly root: true } => {
  const own =
    command.traceparent === undefined
      ? undefined
      : Option.getOrUndefined(HttpTraceContext.w3c(Headers.fromInput({ traceparent: command.traceparent })))
  const parent = own ?? session.trace
  return parent === undefined ? { root: true } : { parent }
}

/** A defect, or an interruption: the command took too long, or the process is going away. */
const unexpected = (command: Command, cause: Cause.Cause<never>): InternalError | Unavailable => {
  const workMayHaveHappened = outlivesSocket(command)
  return Cause.hasInterruptsOnly(cause)
    ? new Unavailable({
        message: "the command did not end in time",
        retryAfterMs: busyRetryAfterMs,
        workMayHaveHappened
      })
    : new InternalError({ message: "internal error", workMayHaveHappened })
}
