/** Loaded before the program: it speaks the next protocol between processes. */
import { registerHooks } from "node:module"

registerHooks({
  load: (url, context, next) =>
    url.endsWith("/actors/actorProtocol.ts")
      ? { format: "module", shortCircuit: true, source: "export const actorProtocol = 2" }
      : next(url, context)
})
