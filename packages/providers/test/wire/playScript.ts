/** How a provider that tests write says what it was told to say. */
import type { ServerResponse } from "node:http"
import type { WireAnswer, WireDialect, WireRequest, WireScript } from "./WireServer.ts"

export interface Held extends WireRequest {
  readonly released: Promise<void>
  /** The server itself is about to break the connection. */
  readonly breaking: () => void
}

/** What a test has scripted, said on the wire. */
export const play = async (dialect: WireDialect, script: WireScript, request: Held, response: ServerResponse): Promise<void> => {
  switch (script.kind) {
    case "hang":
      return
    case "error":
      if (typeof script.body === "string") {
        response.writeHead(script.status, { "content-type": "text/html; charset=utf-8", ...script.headers })
        response.end(script.body)
        return
      }
      return sendJson(response, script.status, script.body ?? dialect.errorBody(script.status), script.headers)
    case "raw":
      response.writeHead(script.status, script.headers)
      response.flushHeaders()
      for (const chunk of script.chunks) {
        await write(response, chunk)
        // A turn of the loop between two writes: the reader gets them as two chunks, mostly.
        await new Promise((resolve) => setImmediate(resolve))
      }
      return script.cut ? breakOff(request, response) : void response.end()
    case "answer":
      return request.streaming ? stream(dialect, script, request, response) : whole(dialect, script, request, response)
  }
}

const whole = async (dialect: WireDialect, script: WireAnswer, request: Held, response: ServerResponse): Promise<void> => {
  if (script.holdAfter !== undefined) await request.released
  const body = JSON.stringify(dialect.whole(request.model, script))
  const half = body.slice(0, body.length / 2)
  if (script.garbageAfter !== undefined) {
    response.writeHead(200, { "content-type": "application/json" })
    return void response.end(half)
  }
  if (script.cutAfter === undefined) return sendJson(response, 200, dialect.whole(request.model, script))
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
  await write(response, half)
  breakOff(request, response)
}

const stream = async (dialect: WireDialect, script: WireAnswer, request: Held, response: ServerResponse): Promise<void> => {
  const frames = dialect.frames(request.model, script)
  const { streamType = "text/event-stream; charset=utf-8" } = dialect
  response.writeHead(200, { "content-type": streamType, "x-request-id": `req-${script.responseId}` })
  response.flushHeaders()
  for (const frame of frames.preamble) await write(response, frame)
  for (let sent = 0; sent <= frames.deltas.length; sent++) {
    if (script.holdAfter === sent) await request.released
    if (script.cutAfter === sent) return breakOff(request, response)
    if (script.endAfter === sent) return void response.end()
    if (script.errorAfter === sent) return void response.end(dialect.errorFrame)
    if (script.garbageAfter === sent) return void response.end(dialect.garbageFrame ?? 'data: {"id\n\n')
    const frame = frames.deltas[sent]
    if (frame !== undefined && script.paced !== undefined) await script.paced()
    if (frame !== undefined) await write(response, frame)
  }
  for (const frame of frames.rest) await write(response, frame)
  response.end()
}

const write = (response: ServerResponse, chunk: Uint8Array | string): Promise<void> =>
  new Promise((resolve) => {
    if (response.destroyed) resolve()
    else response.write(chunk, () => resolve())
  })

const breakOff = (request: Held, response: ServerResponse): void => {
  request.breaking()
  response.socket?.destroy()
}

export const sendJson = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { "content-type": "application/json", "x-request-id": "req-wire", ...headers })
  response.end(JSON.stringify(body))
}
