/** The typed client that Effect derives from `ParleyApi`: what the server says fits what the API promises. */
import { Authentication } from "@parley/domain/api/Authentication"
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { ClientMessageId, makeConversationId } from "@parley/domain/Ids"
import { Effect, Layer } from "effect"
import { FetchHttpClient, type HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient, HttpApiMiddleware } from "effect/http-api"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { engines } from "../server/support/engines.ts"
import { doorKeys } from "../support/doorKeys.ts"
import { startDoors, type Doors } from "../support/startDoors.ts"

const layerKey = HttpApiMiddleware.layerClient(Authentication, ({ next, request }) =>
  next(HttpClientRequest.bearerToken(request, doorKeys.admin))
)

describe.each(engines)("the typed client, on %s", (engine) => {
  let doors: Doors
  beforeAll(async () => {
    doors = await startDoors(engine)
  })
  afterAll(() => doors.close())

  const run = <A, E>(use: Effect.Effect<A, E, HttpApiMiddleware.ForClient<Authentication> | HttpClient.HttpClient>) =>
    Effect.runPromise(Effect.provide(use, Layer.merge(layerKey, FetchHttpClient.layer)))

  it("creates a conversation, sends, cancels, and reads the messages", async () => {
    const { items, run: stopped } = await run(
      Effect.gen(function* () {
        const client = yield* HttpApiClient.make(ParleyApi, { baseUrl: doors.url })
        const { id } = yield* client.conversations.create({ payload: { title: "Talk" } })
        const accepted = yield* client.conversations.send({
          params: { id },
          payload: { clientMessageId: ClientMessageId.make("m-1"), content: [{ type: "text", text: "Hello" }] }
        })
        const runId = accepted.run!.runId
        const stopped = yield* client.conversations.cancel({ params: { id, runId } })
        const page = yield* client.conversations.messages({ params: { id }, query: { limit: 10 } })
        yield* client.conversations.remove({ params: { id } })
        return { items: page.items, run: stopped }
      })
    )
    expect(stopped.status).toBe("cancelled")
    expect(items.map((message) => message.role)).toEqual(["user", "assistant"])
  })

  it("makes tenants and keys", async () => {
    const { me, tenant } = await run(
      Effect.gen(function* () {
        const client = yield* HttpApiClient.make(ParleyApi, { baseUrl: doors.url })
        const { tenant } = yield* client.tenants.createTenant({ payload: { name: "Acme" } })
        return { tenant: yield* client.tenants.getTenant({ params: { id: tenant.id } }), me: yield* client.tenants.me() }
      })
    )
    expect(tenant.name).toBe("Acme")
    expect(me.roles).toEqual(["admin"])
  })

  it("gets a problem as a typed error", async () => {
    const problem = await run(
      Effect.gen(function* () {
        const client = yield* HttpApiClient.make(ParleyApi, { baseUrl: doors.url })
        return yield* Effect.flip(client.conversations.get({ params: { id: yield* makeConversationId } }))
      })
    )
    expect(problem).toMatchObject({ status: 404, code: "not_found" })
  })
})
