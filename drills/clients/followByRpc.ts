/** Follows a run over `/rpc` with the typed client, asking again from where it was when the stream breaks. */
import { Effect, Layer, Redacted, Schema, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { ConversationId, RunId } from "../../packages/domain/src/Ids.ts"
import { ParleyRpcClient } from "../../packages/domain/src/rpc/ParleyRpcClient.ts"
import { sleep } from "../harness/wait.ts"
import type { RunView } from "./RunView.ts"

const againAfterMs = 250
const conversationIdOf = Schema.decodeUnknownSync(ConversationId)
const runIdOf = Schema.decodeUnknownSync(RunId)

export const followByRpc = async (view: RunView, url: () => string | undefined, key: string, signal: AbortSignal) => {
  while (!view.isOver && !signal.aborted) {
    const layer = ParleyRpcClient.layer({ url: `${url() ?? ""}/rpc`, key: Redacted.make(key) }).pipe(
      Layer.provide(FetchHttpClient.layer)
    )
    await Effect.runPromise(followOnce(view).pipe(Effect.provide(layer), Effect.exit), { signal }).catch(() => undefined)
    if (!view.isOver) await sleep(againAfterMs)
  }
}

const followOnce = (view: RunView) =>
  Effect.gen(function* () {
    const client = yield* ParleyRpcClient
    const cursor = view.epoch === undefined ? {} : { epoch: view.epoch, afterSeq: view.last }
    yield* client
      .FollowRun({ conversationId: conversationIdOf(view.conversationId), runId: runIdOf(view.runId), ...cursor })
      .pipe(Stream.runForEachWhile((frame) => Effect.sync(() => view.receive(frame) && !view.isOver)))
  })
