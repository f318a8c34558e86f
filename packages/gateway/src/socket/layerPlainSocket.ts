/** The socket's address, asked as if it were a page. An upgrade never comes here. */
import { HttpRouter, HttpServerResponse } from "effect/http"

export const layerPlainSocket = HttpRouter.use((router) =>
  router.add("GET", "/ws", HttpServerResponse.empty({ status: 426, headers: { upgrade: "websocket" } }))
)
