/** The HTTP doors as the program serves them, with doubles behind them. */
import { Readiness } from "@parley/domain/Administration"
import { Context, Effect, Exit, Layer, Logger, References, Scope } from "effect"
import { HttpRouter } from "effect/http"
import { layerHttpDoors } from "../../src/HttpDoors.ts"
import { layerMetricsDoor } from "../../src/ops/OperationsDoor.ts"
import { renderFault } from "../../src/renderFault.ts"
import { GatewayServer } from "../../src/server/GatewayServer.ts"
import type { Engine } from "../server/support/engines.ts"
import { doorKeys, layerDoorKeys } from "./doorKeys.ts"
import { layerMemoryAdministration } from "./MemoryAdministration.ts"
import { layerMemoryAttachments } from "./memoryAttachments.ts"
import { layerMemoryShares } from "./memoryShares.ts"
import { MemoryPeople } from "./memoryPeople.ts"
import { layerMemoryModelAccess } from "./MemoryModelAccess.ts"
import { layerMemoryProviderStatuses } from "./memoryProviderStatuses.ts"
import { ScriptedCompletions } from "./ScriptedCompletions.ts"
import { ScriptedEmbeddings } from "./ScriptedEmbeddings.ts"
import { SocketConversations } from "./socketConversations.ts"

/** Small, so that a test can pass it. */
export const maxBodyBytes = 262_144

export interface LogLine {
  readonly message: string
  readonly requestId: unknown
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: unknown
}

export interface Doors {
  readonly url: string
  readonly port: number
  readonly completions: ScriptedCompletions
  readonly embeddings: ScriptedEmbeddings
  readonly conversations: SocketConversations
  readonly people: MemoryPeople
  readonly logs: Array<LogLine>
  readonly readiness: { ready: boolean; parts: Record<string, string> }
  /** With the member's key, unless the headers say otherwise (a cookie does, an empty one too); a body that is no string is sent as JSON. */
  readonly ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  readonly close: () => Promise<void>
}

/** `layerBelow`: a tracer, say. */
export const startDoors = async (engine: Engine, layerBelow: Layer.Layer<never> = Layer.empty): Promise<Doors> => {
  const completions = new ScriptedCompletions()
  const embeddings = new ScriptedEmbeddings()
  const conversations = new SocketConversations()
  const people = new MemoryPeople()
  const logs: Array<LogLine> = []
  const readiness = { ready: true, parts: { postgres: "up" } }
  const layerReadiness = Layer.succeed(Readiness, { check: Effect.sync(() => readiness), setDraining: Effect.void })
  const recorder = Logger.make(({ fiber, message }) => {
    logs.push({ message: String(message), requestId: fiber.getRef(References.CurrentLogAnnotations)["requestId"] })
  })
  const app = Layer.merge(layerHttpDoors, layerMetricsDoor).pipe(
    Layer.provide([
      completions.layer,
      embeddings.layer,
      conversations.layer,
      people.layer,
      layerMemoryShares,
      layerMemoryAttachments,
      layerMemoryAdministration,
      layerMemoryModelAccess,
      layerMemoryProviderStatuses,
      layerReadiness,
      layerDoorKeys
    ])
  )
  const scope = Scope.makeUnsafe()
  const served = HttpRouter.serve(app, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provideMerge(GatewayServer.layer({ host: "127.0.0.1", port: 0, engine, maxBodyBytes, renderFault })),
    Layer.provideMerge(Logger.layer([recorder])),
    Layer.provideMerge(layerBelow)
  )
  const { address } = Context.get(await Effect.runPromise(Layer.buildWithScope(served, scope)), GatewayServer)
  return {
    url: address.url,
    port: address.port,
    completions,
    embeddings,
    conversations,
    people,
    logs,
    readiness,
    ask: async (method, path, body, headers = {}) => {
      const response = await fetch(`${address.url}${path}`, {
        method,
        headers: {
          ...(headers["authorization"] === undefined && headers["cookie"] === undefined
            ? { authorization: `Bearer ${doorKeys.member}` }
            : {}),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
      })
      const text = await response.text()
      const isJson = /json/.test(response.headers.get("content-type") ?? "")
      const parsed: unknown = isJson && text !== "" ? JSON.parse(text) : undefined
      return { status: response.status, headers: response.headers, text, body: parsed }
    },
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
