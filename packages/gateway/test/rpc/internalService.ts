/** A program of another process, as an internal service would be: asks a question and prints the answer that it followed, as one JSON line. */
import { Effect, Layer, Redacted, Schema, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { ClientMessageId, ConversationId } from "@parley/domain/Ids"
import { ParleyRpcClient } from "@parley/domain/rpc/ParleyRpcClient"

const [url = "", key = "", conversation = ""] = process.argv.slice(2)
const conversationId = Schema.decodeUnknownSync(ConversationId)(conversation)

const program = Effect.gen(function* () {
  const parley = yield* ParleyRpcClient
  const clientMessageId = ClientMessageId.make("from-another-process")
  const accepted = yield* parley.Send({ conversationId, clientMessageId, content: [{ type: "text", text: "hello" }] })
  if (accepted.run === null) return yield* Effect.die("no run")
  let text = ""
  let last = 0
  const types: Array<string> = []
  yield* parley.FollowRun({ conversationId, runId: accepted.run.runId }).pipe(
    Stream.runForEach((frame) =>
      Effect.sync(() => {
        types.push(frame.type)
        if (frame.type !== "delta") return
        if (frame.seq !== last + 1) throw new Error("a gap")
        last = frame.seq + frame.count - 1
        for (const event of frame.events) if (event.type === "text-delta") text += event.text
      })
    )
  )
  return { text, last, types }
})

const layer = ParleyRpcClient.layer({ url, key: Redacted.make(key) }).pipe(Layer.provide(FetchHttpClient.layer))
process.stdout.write(`${JSON.stringify(await Effect.runPromise(Effect.provide(program, layer)))}\n`)
