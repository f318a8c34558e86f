import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Effect, Layer, Schema } from "effect"
import { HttpRouter } from "effect/http"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware } from "effect/http-api"
import { afterAll, describe, expect, it } from "vitest"
import { apiGroup } from "../../src/api/apiGroup.ts"

/** Asked for when the handlers are built. */
class Greeting extends Context.Service<Greeting, { readonly word: string }>()("test/Greeting") {}
/** Given to every request by the middleware. */
class Guest extends Context.Service<Guest, { readonly name: string }>()("test/Guest") {}
class Door extends HttpApiMiddleware.Service<Door, { provides: Guest }>()("test/Door") {}

const Said = Schema.Struct({ said: Schema.String, around: Schema.Array(Schema.String) })
const Api = HttpApi.make("test")
  .add(HttpApiGroup.make("plain").add(HttpApiEndpoint.get("greet", "/plain", { success: Said })))
  .add(
    HttpApiGroup.make("guarded")
      .add(HttpApiEndpoint.get("greet", "/guarded", { success: Said }))
      .middleware(Door)
  )

/** Of what stands around a request, what the router and the server have not put there. */
const around = Effect.contextWith((context: Context.Context<never>) =>
  Effect.succeed([...context.mapUnsafe.keys()].filter((key) => key.startsWith("test/")).sort())
)

const greetings = Layer.mergeAll(
  apiGroup(Api, "plain", (handlers) =>
    Effect.map(Greeting, ({ word }) =>
      handlers.handle("greet", () => Effect.map(around, (keys) => ({ said: word, around: keys })))
    )
  ),
  apiGroup(Api, "guarded", (handlers) =>
    Effect.map(Greeting, ({ word }) =>
      handlers.handle("greet", () =>
        Effect.map(Effect.all([Guest, around]), ([{ name }, keys]) => ({ said: `${word}, ${name}`, around: keys }))
      )
    )
  )
)
const door = Layer.succeed(Door, (route) => Effect.provideService(route, Guest, { name: "Ada" }))
const app = HttpApiBuilder.layer(Api).pipe(
  Layer.provide(greetings),
  Layer.provide([Layer.succeed(Greeting, { word: "good day" }), door]),
  Layer.provide(NodeHttpServer.layerHttpServices)
)

describe("apiGroup", () => {
  const { dispose, handler } = HttpRouter.toWebHandler(app, { disableLogger: true })
  afterAll(dispose)
  const ask = async (path: string): Promise<unknown> => (await handler(new Request(`http://test${path}`))).json()

  it("gives handlers what they ask for when they are built, and a request nothing of it", async () => {
    expect(await ask("/plain")).toEqual({ said: "good day", around: [] })
  })

  it("keeps a group's middlewares, and what they provide", async () => {
    expect(await ask("/guarded")).toEqual({ said: "good day, Ada", around: ["test/Door", "test/Guest"] })
  })

  it("finds the step of a layer that it builds by; without it a request without middlewares would pay for a merge again", () => {
    expect(Reflect.get(Layer.empty, "build")).toBeTypeOf("function")
  })
})
