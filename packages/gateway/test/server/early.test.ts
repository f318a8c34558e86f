import { Context, Effect, Exit, Layer, Scope } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type { HttpServerError } from "effect/http/HttpServerError"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { describe, expect, it } from "vitest"
import { GatewayServer } from "../../src/server/GatewayServer.ts"
import { engines } from "./support/engines.ts"

describe.each(engines)("a request that comes while the doors are being built, on %s", (engine) => {
  const listen = async () => {
    const scope = Scope.makeUnsafe()
    const memoMap = Layer.makeMemoMapUnsafe()
    const server = GatewayServer.layer({ host: "127.0.0.1", port: 0, engine })
    const gateway = Context.get(await Effect.runPromise(Layer.buildWithMemoMap(server, memoMap, scope)), GatewayServer)
    /** Those who are refused instead are never counted. */
    const holds = async (requests: number, signal: AbortSignal): Promise<void> => {
      while (!signal.aborted && gateway.connections().inFlight < requests) await new Promise((resolve) => setImmediate(resolve))
    }
    const serve = (app: Layer.Layer<never, never, HttpRouter.HttpRouter | HttpRouter.Request<"Error", HttpServerError>>) => {
      const served = HttpRouter.serve(app, { disableLogger: true, disableListenLog: true }).pipe(Layer.provide(server))
      return Effect.runPromise(Layer.buildWithMemoMap(served, memoMap, scope))
    }
    return { gateway, holds, serve, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
  }

  it("is answered when somebody serves, with and without a body, and not refused", async ({ signal }) => {
    const { close, gateway, holds, serve } = await listen()
    const answered = Promise.all([
      fetch(`${gateway.address.url}/hello`),
      fetch(`${gateway.address.url}/echo`, { method: "POST", body: "said early" })
    ])
    await Promise.race([answered, holds(2, signal)])
    await serve(
      Layer.mergeAll(
        HttpRouter.add("GET", "/hello", HttpServerResponse.text("hello")),
        HttpRouter.add("POST", "/echo", (request) => Effect.map(request.text, HttpServerResponse.text))
      )
    )
    const texts = await Promise.all((await answered).map((response) => response.text()))
    expect(texts).toEqual(["hello", "said early"])
    await close()
    expect(gateway.connections().inFlight).toBe(0)
  })

  it("is told to come again, and not waited for, when the server is stopped before anybody served", async ({ signal }) => {
    const { close, gateway, holds } = await listen()
    const answered = fetch(`${gateway.address.url}/hello`)
    await Promise.race([answered, holds(1, signal)])
    await Effect.runPromise(gateway.stopAccepting)
    expect((await answered).status).toBe(503)
    await close()
    expect(gateway.connections().inFlight).toBe(0)
  })
})
