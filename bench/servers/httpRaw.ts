/** The floor: bare uWebSockets and JSON, nothing checked. The same build as Parley's own server loads. */
import { Effect } from "effect"
import { defaultMaxHeaderBytes, loadUws, uwsBuilds } from "@parley/gateway/server/loadUws"
import { noteOf, sample } from "./typedApi.ts"

const loaded = await Effect.runPromise(loadUws(uwsBuilds, defaultMaxHeaderBytes))
if (loaded === undefined) throw new Error("no build of uWebSockets.js loads here")
const { App, LIBUS_LISTEN_EXCLUSIVE_PORT, us_socket_local_port } = loaded.module

App()
  .any("/notes/:id", (response, request) => {
    const id = Number(request.getUrl().slice("/notes/".length))
    response.writeHeader("content-type", "application/json").end(JSON.stringify(noteOf(id, sample)))
  })
  .any("/notes", (response) => {
    let aborted = false
    let body = ""
    response.onAborted(() => {
      aborted = true
    })
    response.onData((chunk, isLast) => {
      body += Buffer.from(chunk).toString("utf8")
      if (!isLast || aborted) return
      const note = JSON.parse(body) as typeof sample
      response.writeHeader("content-type", "application/json").end(JSON.stringify(noteOf(7, note)))
    })
  })
  .listen("127.0.0.1", 0, LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
    process.send?.({ type: "ready", port: socket ? us_socket_local_port(socket) : 0 })
  })
