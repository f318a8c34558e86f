/** A client of `parley.v1` as docs/websocket.md describes one: it applies only what is next, and subscribes again on a gap. */
import { foldRunEvents, initialRunState } from "@parley/domain/foldRun"
import { textOf } from "@parley/domain/Content"
import type { Epoch } from "@parley/domain/Ids"
import { isTerminal, type RunTerminal } from "@parley/domain/RunEvent"
import type { RunState } from "@parley/domain/RunFrame"
import { ServerFrame, subprotocol } from "@parley/domain/SocketProtocol"
import { Effect, Schema, type Scope } from "effect"
import { WebSocket } from "ws"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(ServerFrame))

type FrameOf<Type extends ServerFrame["type"]> = Extract<ServerFrame, { readonly type: Type }>

/** What a client knows of one run; it outlives its connections, like a page's storage. */
export interface RunView {
  readonly conversationId: string
  readonly runId: string
  state: RunState | undefined
  epoch: Epoch | undefined
  last: number
  /** Terminals received: events, and those in snapshots and `closed` frames that ended an unfinished view. */
  terminals: Array<RunTerminal>
}

export const runView = (conversationId: string, runId: string): RunView => ({
  conversationId,
  runId,
  state: undefined,
  epoch: undefined,
  last: 0,
  terminals: []
})

export const viewText = (view: RunView): string => textOf(view.state?.content ?? [])

/** Milliseconds that a wait may take before the test fails and shows what was received: a bound on a hang, and no measure of speed. */
const waitTimeoutMs = 60_000

export interface ChatClient {
  readonly frames: ReadonlyArray<ServerFrame>
  readonly command: (frame: Readonly<Record<string, unknown>>) => Promise<ServerFrame>
  readonly sendRaw: (text: string) => void
  readonly follow: (view: RunView) => Promise<ServerFrame>
  readonly until: <A>(read: () => A | undefined) => Promise<A>
  /** Stops reading from the socket, as a phone in a tunnel does. */
  readonly pause: () => void
  readonly resume: () => void
  readonly drop: () => void
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

export const connect = (
  socketUrl: string,
  key: string,
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<ChatClient, Error, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({ try: () => open(socketUrl, key, headers), catch: (cause) => new Error(String(cause)) }),
    (client) => Effect.sync(client.drop)
  )

const open = async (socketUrl: string, key: string, headers: Readonly<Record<string, string>>): Promise<ChatClient> => {
  const socket = new WebSocket(socketUrl, [subprotocol], { headers: { authorization: `Bearer ${key}`, ...headers } })
  const frames: Array<ServerFrame> = []
  const views = new Map<string, RunView>()
  const watchers = new Set<() => void>()
  let nextId = 1

  const resubscribe = (view: RunView): void => {
    socket.send(JSON.stringify(subscribeFrame(view, `again-${nextId++}`)))
  }
  socket.on("message", (data) => {
    const frame = decode(String(data))
    frames.push(frame)
    if ("runId" in frame && frame.type !== "cancelled") {
      const view = views.get(frame.runId)
      if (view !== undefined) {
        apply(view, frame, resubscribe)
        if (frame.type === "delta") {
          socket.send(JSON.stringify({ type: "ack", conversationId: view.conversationId, runId: view.runId, seq: view.last }))
        }
      }
    }
    for (const watcher of [...watchers]) watcher()
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => {
      resolve({ code, reason: String(reason) })
      for (const watcher of [...watchers]) watcher()
    })
  })

  const until = <A>(read: () => A | undefined): Promise<A> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        watchers.delete(look)
        reject(new Error(`not seen within ${waitTimeoutMs} ms; received ${JSON.stringify(frames.slice(-20))}`))
      }, waitTimeoutMs)
      const look = (): void => {
        const found = read()
        if (found === undefined) return
        clearTimeout(timer)
        watchers.delete(look)
        resolve(found)
      }
      watchers.add(look)
      look()
    })

  const command = async (frame: Readonly<Record<string, unknown>>): Promise<ServerFrame> => {
    const id = `c${nextId++}`
    socket.send(JSON.stringify({ id, ...frame }))
    return until(() => frames.find((answer) => "id" in answer && answer.id === id))
  }

  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve())
    socket.once("error", reject)
  })
  await until(() => frames.find((frame) => frame.type === "welcome"))
  return {
    frames,
    command,
    sendRaw: (text) => socket.send(text),
    follow: (view) => {
      views.set(view.runId, view)
      const { id: _, ...frame } = subscribeFrame(view, "")
      return command(frame)
    },
    until,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    drop: () => socket.terminate(),
    closed
  }
}

const subscribeFrame = (view: RunView, id: string) => ({
  type: "subscribe",
  id,
  conversationId: view.conversationId,
  runId: view.runId,
  ...(view.epoch === undefined ? {} : { epoch: view.epoch, afterSeq: view.last })
})

const isOver = (view: RunView): boolean => (view.state?.terminal ?? null) !== null

const apply = (
  view: RunView,
  frame: FrameOf<"delta" | "snapshot" | "closed" | "gone" | "caught-up">,
  resubscribe: (view: RunView) => void
): void => {
  switch (frame.type) {
    case "delta": {
      if (view.epoch !== undefined && frame.epoch !== view.epoch) return resubscribe(view)
      if (frame.seq <= view.last) return
      if (frame.seq > view.last + 1) return resubscribe(view)
      const first = frame.events[0]
      const before = view.state ?? (first?.type === "run-start" ? initialRunState(first.messageId, first.model) : undefined)
      if (before === undefined) return resubscribe(view)
      view.state = foldRunEvents(before, frame.events)
      view.epoch = frame.epoch
      view.last = frame.seq + frame.count - 1
      for (const event of frame.events) if (isTerminal(event)) view.terminals.push(event)
      return
    }
    case "snapshot":
      if (!isOver(view) && frame.state.terminal !== null) view.terminals.push(frame.state.terminal)
      view.state = frame.state
      view.epoch = frame.epoch
      view.last = frame.seq
      return
    case "closed": {
      if (!isOver(view)) view.terminals.push(frame.terminal)
      const { message } = frame
      view.state = {
        messageId: message.id,
        model: message.model ?? "",
        content: message.content.filter((part) => part.type !== "image" && part.type !== "file" && part.type !== "tool-result"),
        usage: message.usage,
        status: message.status === "streaming" ? "running" : message.status,
        terminal: frame.terminal
      }
      return
    }
    case "gone":
    case "caught-up":
      return
  }
}
