import { Context, Effect, Exit, Layer, Scope } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { describe, expect, it } from "vitest"
import { GatewayServer } from "../../src/server/GatewayServer.ts"
import { engines } from "./support/engines.ts"

describe.each(engines)("a request that comes while the doors are being built, on %s", (engine) => {
  it("is answered when somebody serves, with and without a body, and not refused", async ({ signal }) => {
    const scope = Scope.makeUnsafe()
    const memoMap = Layer.makeMemoMapUnsafe()
    const server = GatewayServer.layer({ host: "127.0.0.1", port: 0, engine })
    const gateway = Context.get(await Effect.runPromise(Layer.buildWithMemoMap(server, memoMap, scope)), GatewayServer)
    const answered = Promise.all([
      fetch(`${gateway.address.url}/hello`),
      fetch(`${gateway.address.url}/echo`, { method: "POST", body: "said early" })
    ])
    // Those who are refused instead are never counted.
    const areHeld = async (): Promise<void> => {
      while (!signal.aborted && gateway.connections().inFlight < 2) await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.race([answered, areHeld()])

    const app = Layer.mergeAll(
      HttpRouter.add("GET", "/hello", HttpServerResponse.text("hello")),
      HttpRouter.add("POST", "/echo", (request) => Effect.map(request.text, HttpServerResponse.text))
    )
    const served = HttpRouter.serve(app, { disableLogger: true, disableListenLog: true }).pipe(Layer.provide(server))
    await Effect.runPromise(Layer.buildWithMemoMap(served, memoMap, scope))
    const texts = await Promise.all((await answered).map((response) => response.text()))
    expect(texts).toEqual(["hello", "said early"])
    await Effect.runPromise(Scope.close(scope, Exit.void))
    expect(gateway.connections().inFlight).toBe(0)
  })
})
