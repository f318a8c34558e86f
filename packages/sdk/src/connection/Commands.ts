/** Commands and their answers: numbered, a bounded number under way, each answered in time or rejected. */
import type { ClientFrame } from "@parley/domain/SocketProtocol"
import type { ClientLimits } from "../ClientOptions.ts"
import { ParleyApiError } from "../ParleyApiError.ts"
import { ParleyConnectionError } from "../ParleyConnectionError.ts"
import type { Plain } from "../Plain.ts"
import type { Platform } from "../Platform.ts"
import type { FrameOf } from "../wire/frames.ts"

type WithoutId<T> = T extends { readonly id: string } ? Omit<T, "id"> : never
export type Frame = Plain<ClientFrame>
/** A frame that is answered. */
export type Command = WithoutId<Frame>
export type Answer = FrameOf<"accepted" | "done" | "cancelled">

interface Waiting {
  readonly command: Command
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: ParleyApiError | ParleyConnectionError) => void
  stopTimer: () => void
}

export class Commands {
  readonly #platform: Platform
  readonly #limits: ClientLimits
  readonly #post: (frame: Command & { readonly id: string }) => void
  #count = 0
  readonly #underWay = new Map<string, Waiting>()
  #queue: Array<Waiting> = []

  constructor(platform: Platform, limits: ClientLimits, post: (frame: Command & { readonly id: string }) => void) {
    this.#platform = platform
    this.#limits = limits
    this.#post = post
  }

  ask(command: Command): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { command, resolve, reject, stopTimer: () => {} }
      if (utf8Bytes(JSON.stringify(command)) > this.#limits.commandBytes) reject(tooLarge(this.#limits.commandBytes))
      else if (this.#underWay.size < this.#limits.commandsUnderWay) this.#send(waiting)
      else if (this.#queue.length < this.#limits.commandsWaiting) this.#queue.push(waiting)
      else reject(tooMany())
    })
  }

  answered(frame: Answer | FrameOf<"error">): void {
    const waiting = frame.id === undefined ? undefined : this.#take(frame.id)
    if (waiting === undefined) return
    if (frame.type === "error") waiting.reject(new ParleyApiError({ ...frame, status: 0 }))
    else waiting.resolve(frame)
    this.#continue()
  }

  /** The connection is gone: what was sent may have happened, what was not did not. */
  lost(): void {
    const sent = [...this.#underWay.values()]
    const unsent = this.#queue
    this.#underWay.clear()
    this.#queue = []
    for (const { reject, stopTimer } of sent) {
      stopTimer()
      reject(new ParleyConnectionError("unreachable", "the connection was lost before the answer", { workMayHaveHappened: true }))
    }
    for (const { reject } of unsent) reject(new ParleyConnectionError("unreachable", "the connection was lost"))
  }

  #send(waiting: Waiting): void {
    const id = String(++this.#count)
    const { answerTimeoutMs } = this.#limits
    waiting.stopTimer = this.#platform.after(answerTimeoutMs, () => {
      this.#underWay.delete(id)
      waiting.reject(
        new ParleyConnectionError("unreachable", `no answer to ${waiting.command.type} within ${answerTimeoutMs} ms`, {
          workMayHaveHappened: true
        })
      )
      this.#continue()
    })
    this.#underWay.set(id, waiting)
    this.#post({ ...waiting.command, id })
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#underWay.get(id)
    this.#underWay.delete(id)
    waiting?.stopTimer()
    return waiting
  }

  #continue(): void {
    const next = this.#underWay.size < this.#limits.commandsUnderWay ? this.#queue.shift() : undefined
    if (next !== undefined) this.#send(next)
  }
}

/** Without encoding it: a pair of surrogates is four bytes, two for each half. */
const utf8Bytes = (text: string): number => {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x80) bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2
  }
  return bytes
}

/** The server would close the connection on it, and on every other one that it is sent on again. */
const tooLarge = (maxBytes: number): ParleyApiError =>
  new ParleyApiError({
    code: "payload_too_large",
    message: `a message may have ${maxBytes} bytes; attach larger files instead`,
    status: 0,
    retry: "never",
    requestId: ""
  })

const tooMany = (): ParleyApiError =>
  new ParleyApiError({
    code: "busy",
    message: "too many commands wait in this client",
    status: 0,
    retry: "later",
    requestId: ""
  })
