/** An internal service in a process of its own: follows a run over `/rpc` and prints the text and the terminal. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { ConversationId, RunId } from "@parley/domain/Ids"
import { textOf } from "@parley/domain/Content"
import { foldRunEvents, initialRunState } from "@parley/domain/foldRun"
import { ParleyRpcClient } from "@parley/domain/rpc/ParleyRpcClient"
import type { RunState } from "@parley/domain/RunFrame"
import { Console, Effect, Layer, Redacted, Schema, Stream } from "effect"

const [url = "", key = "", conversation = "", run = ""] = process.argv.slice(2)

Effect.gen(function* () {
  const client = yield* ParleyRpcClient
  const conversationId = Schema.decodeUnknownSync(ConversationId)(conversation)
  const runId = Schema.decodeUnknownSync(RunId)(run)
  let state: RunState | undefined
  yield* client.FollowRun({ conversationId, runId }).pipe(
    Stream.runForEach((frame) =>
      Effect.gen(function* () {
        if (frame.type === "snapshot") state = frame.state
        if (frame.type === "delta") {
          const first = frame.events[0]
          if (first?.type === "run-start") state = initialRunState(first.messageId, first.model)
          if (state !== undefined) state = foldRunEvents(state, frame.events)
        }
        // The test lets the provider go on once this process has said that it follows.
        if (frame.type === "caught-up") yield* Console.log("following")
      })
    )
  )
  yield* Console.log(JSON.stringify({ text: textOf(state?.content ?? []), terminal: state?.terminal?.type }))
}).pipe(
  Effect.provide(ParleyRpcClient.layer({ url, key: Redacted.make(key) }).pipe(Layer.provide(NodeHttpClient.layerUndici))),
  NodeRuntime.runMain
)
