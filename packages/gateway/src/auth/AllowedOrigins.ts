/** Origins beside our own host's whose pages may open sockets and use sessions: `https://chat.example`. */
import { Context, Layer } from "effect"
import { normalOrigin } from "./requestOrigin.ts"

const reference = Context.Reference<ReadonlySet<string>>("@parley/gateway/auth/AllowedOrigins", {
  defaultValue: () => new Set()
})

export const AllowedOrigins = Object.assign(reference, {
  layer: (origins: ReadonlyArray<string>): Layer.Layer<never> => Layer.succeed(reference, new Set(origins.map(normalOrigin)))
})
