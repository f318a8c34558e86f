/** Many runs at once, each followed by several clients on different gateways, and what was promised for each. */
import { followByRpc } from "../clients/followByRpc.ts"
import { followBySse } from "../clients/followBySse.ts"
import { RunView } from "../clients/RunView.ts"
import { SocketClient } from "../clients/SocketClient.ts"
import { answerText } from "./Provider.ts"
import type { Site } from "./Site.ts"
import { sleep, until } from "./wait.ts"

/** One run in so many is followed over SSE too, and over RPC. */
const oneSseIn = 5
const oneRpcIn = 10
/** Followers over sockets for each run. */
const socketFollowers = 2
const createAtOnce = 16
/** Between two looks whether an answer is over. */
const lookEveryMs = 200

export interface Turn {
  readonly conversationId: string
  /** Names the question; its answer is known. */
  readonly name: string
  readonly expected: string
  readonly runId: string
  readonly views: ReadonlyArray<RunView>
  /** From the first time that it was asked to its acceptance. */
  readonly acceptedAfterMs: number
}

export class Load {
  readonly turns: Array<Turn> = []
  readonly sockets: ReadonlyArray<SocketClient>

  readonly #site: Site
  readonly #stop = new AbortController()
  #asked = 0

  constructor(site: Site, clients: number) {
    this.#site = site
    this.sockets = Array.from({ length: clients }, (_, n) => new SocketClient(() => this.url(n), site.key, site.clientRandom))
  }

  /** A gateway that is open: the client's own while it can be had, else another. */
  url(preferred: number): string | undefined {
    const open = this.#site.openGateways
    if (open.length === 0) return undefined
    const own = this.#site.gateways[preferred % this.#site.gateways.length]
    return (own !== undefined && open.includes(own) ? own : this.#site.clientRandom.pick(open)).url
  }

  async createConversations(count: number): Promise<ReadonlyArray<string>> {
    const ids: Array<string> = []
    let started = 0
    const one = async (): Promise<void> => {
      while (started < count) {
        const response = await fetch(`${this.url(started++) ?? ""}/api/conversations`, {
          method: "POST",
          headers: { authorization: `Bearer ${this.#site.key}`, "content-type": "application/json" },
          body: JSON.stringify({ model: "openai/gpt-5" })
        })
        if (!response.ok) throw new Error(`a conversation could not be created: ${response.status} ${await response.text()}`)
        const { id }: { readonly id: string } = JSON.parse(await response.text())
        ids.push(id)
      }
    }
    await Promise.all(Array.from({ length: createAtOnce }, one))
    return ids
  }

  /** Asks in a conversation; answers when it is accepted and followed. */
  async ask(conversationId: string, words: number): Promise<Turn> {
    const n = this.#asked++
    const name = `q${n}`
    const sender = this.#socket(n)
    const askedAtMs = performance.now()
    const answer = await sender.command({
      type: "send",
      conversationId,
      clientMessageId: name,
      content: [{ type: "text", text: `drill ${name} ${words}` }]
    })
    if (answer.type !== "accepted" || answer.run === null) throw new Error(`not accepted: ${JSON.stringify(answer)}`)
    const { runId } = answer.run
    const acceptedAfterMs = performance.now() - askedAtMs
    const views = Array.from({ length: socketFollowers }, (_, k) => this.#socket(n + k).follow(conversationId, runId))
    if (n % oneSseIn === 0) {
      const view = new RunView(conversationId, runId, "sse")
      views.push(view)
      void followBySse(view, () => this.url(n + 1), this.#site.key, this.#stop.signal)
    }
    if (n % oneRpcIn === 0) {
      const view = new RunView(conversationId, runId, "rpc")
      views.push(view)
      // By turns, so that every gateway has some.
      void followByRpc(view, () => this.url(n / oneRpcIn), this.#site.key, this.#stop.signal)
    }
    const turn: Turn = { conversationId, name, expected: answerText(name, words), runId, views, acceptedAfterMs }
    this.turns.push(turn)
    return turn
  }

  /** As many runs as conversations, all under way. */
  async start(runs: number, words: number): Promise<void> {
    const ids = await this.createConversations(runs)
    await Promise.all(ids.map((id) => this.ask(id, words)))
    await until("every run has begun", 30_000, () =>
      this.turns.every(({ views }) => views.every((view) => view.text !== "")) ? true : undefined
    )
  }

  /** In each room the next question when the last is answered for all of its followers. The questions. */
  async askOn(ids: ReadonlyArray<string>, words: () => number, isOver: () => boolean): Promise<ReadonlyArray<Turn>> {
    const turns = await Promise.all(
      ids.map(async (id) => {
        const own: Array<Turn> = []
        while (!isOver()) {
          const turn = await this.ask(id, words())
          own.push(turn)
          while (!turn.views.every((view) => view.isOver) && !isOver()) await sleep(lookEveryMs)
          if (turn.views.every((view) => view.isOver)) this.forget(turn)
        }
        return own
      })
    )
    return turns.flat()
  }

  /** Until every client was told the end of every run; false when that did not come in time. */
  async ended(timeoutMs: number): Promise<boolean> {
    return until("every run ends", timeoutMs, () =>
      this.turns.every(({ views }) => views.every((view) => view.isOver)) ? true : undefined
    ).catch(() => false)
  }

  /** Its clients need it no more; what they saw stays for the verdict. */
  forget(turn: Turn): void {
    for (const view of turn.views) for (const socket of this.sockets) socket.forget(view)
  }

  close(): void {
    this.#stop.abort()
    for (const socket of this.sockets) socket.close()
  }

  #socket(n: number): SocketClient {
    const socket = this.sockets[n % this.sockets.length]
    if (socket === undefined) throw new Error("there are no clients")
    return socket
  }
}
