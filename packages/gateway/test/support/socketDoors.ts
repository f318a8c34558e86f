/** The socket, RPC and page doors on a real server, over conversations in memory. */
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { ModelEvent } from "@parley/domain/ModelEvent"
import { Completions } from "@parley/domain/Completions"
import type { CompletionError, CompletionRequest } from "@parley/domain/Completions"
import { ModelNotFound } from "@parley/domain/Errors"
import { noUsage } from "@parley/domain/Usage"
import { GatewayServer } from "../../src/server/GatewayServer.ts"
import { PageDoor } from "../../src/page/PageDoor.ts"
import { RpcDoor } from "../../src/rpc/RpcDoor.ts"
import { SocketDoor } from "../../src/socket/SocketDoor.ts"
import type { SocketDoorOptions } from "../../src/socket/SocketDoor.ts"
import type { Engine } from "../server/support/engines.ts"
import { SocketConversations } from "./socketConversations.ts"
import { SocketKeys } from "./socketKeys.ts"

/** Streams what it is given, then says goodbye; counts how its streams ended. */
export class SocketCompletions {
  chunks: ReadonlyArray<ReadonlyArray<ModelEvent>> = [[{ type: "text-delta", text: "hello" }]]
  /** Waits here after the chunks. */
  afterChunks: Effect.Effect<void, CompletionError> = Effect.void
  interrupted = 0
  paused = 0
  resumed = 0

  readonly layer = Layer.sync(Completions, () => ({
    complete: (request: CompletionRequest) => this.#answer(request),
    stream: (request, sink) =>
      Effect.gen({ self: this }, function* () {
        const answer = yield* this.#answer(request)
        const control = { pause: () => void this.paused++, resume: () => void this.resumed++ }
        for (const chunk of this.chunks) sink(chunk, control)
        yield* this.afterChunks
        return answer
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => void this.interrupted++))),
    countTokens: (request) => Effect.as(this.#answer(request), { inputTokens: 1, isEstimated: false }),
    estimateTokens: () => Effect.succeed(() => 1),
    models: Effect.succeed([{ id: "demo/echo", provider: "demo", model: "echo", createdAtSeconds: 0, kind: "chat" as const }])
  }))

  #answer(request: CompletionRequest) {
    return request.model === "demo/echo"
      ? Effect.succeed({
          model: "echo",
          responseId: "",
          content: [{ type: "text" as const, text: "hello" }],
          finishReason: "stop" as const,
          usage: noUsage
        })
      : Effect.fail(new ModelNotFound({ message: "no such model", model: request.model }))
  }
}

/** What the page asks over HTTP, as the doors of others answer it. */
const others = (conversations: SocketConversations, keys: SocketKeys) => {
  const withKey = (answer: Effect.Effect<HttpServerResponse.HttpServerResponse>) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
      keys.good.has(headers["authorization"]?.slice("Bearer ".length) ?? "")
        ? answer
        : Effect.succeed(HttpServerResponse.empty({ status: 401 }))
    )
  return Layer.mergeAll(
    HttpRouter.add(
      "GET",
      "/v1/models",
      withKey(Effect.succeed(HttpServerResponse.jsonUnsafe({ data: [{ id: "demo/echo" }, { id: "demo/other" }] })))
    ),
    HttpRouter.add(
      "POST",
      "/api/conversations",
      withKey(Effect.map(conversations.addConversation(), (id) => HttpServerResponse.jsonUnsafe({ id }, { status: 201 })))
    )
  )
}

export interface RunningDoors {
  readonly url: string
  readonly port: number
  readonly close: () => Promise<void>
  readonly conversations: SocketConversations
  readonly keys: SocketKeys
  readonly completions: SocketCompletions
}

export const startDoors = async (
  engine: Engine,
  options: SocketDoorOptions = {},
  { conversations = new SocketConversations(), keys = new SocketKeys(), port = 0 } = {}
): Promise<RunningDoors> => {
  const completions = new SocketCompletions()
  // The socket door is built after the server, and so says goodbye before the server ends its connections.
  const doors = SocketDoor.layer({ finalDrainMs: 0, ...options }).pipe(
    Layer.provideMerge(
      HttpRouter.serve(Layer.mergeAll(RpcDoor.layer, PageDoor.layer, others(conversations, keys)), {
        disableLogger: true,
        disableListenLog: true
      })
    ),
    Layer.provide([conversations.layer, keys.layer, completions.layer]),
    Layer.provideMerge(GatewayServer.layer({ host: "127.0.0.1", port, engine }))
  )
  const scope = Scope.makeUnsafe()
  const { address } = Context.get(await Effect.runPromise(Layer.buildWithScope(doors, scope)), GatewayServer)
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  return { url: address.url, port: address.port, close, conversations, keys, completions }
}

/** Looks until it is true: for what happens in another process or behind a socket. */
export const until = async (what: string, isTrue: () => boolean, withinMs = 60_000): Promise<void> => {
  const end = Date.now() + withinMs
  while (!isTrue()) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
