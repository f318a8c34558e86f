/**
 * Exact counts, off the event loop: one worker thread, started by the first question and ended when nobody asked for a while. What cannot be
 * counted in bounds (a text too long, too many waiting, a worker that failed or is slow) is undefined, and the caller estimates.
 */
import { Worker } from "node:worker_threads"
import { Context, Effect, Layer } from "effect"
import type { Encoding } from "./tokenFamilies.ts"

export interface CountAsked {
  readonly id: number
  readonly encoding: Encoding
  readonly text: string
}

export interface CountTold {
  readonly id: number
  readonly tokens: number
}

/** Longest text that is counted, UTF-16 code units: a tenth of a second of the worker's, and a few seconds where no word ends. */
export const maxCountedChars = 400_000
/** Questions that wait for the worker at once. */
const maxWaiting = 1_000
/** A worker that is silent for so long is ended, with its memory. */
const idleMs = 60_000
/** Longest wait for a count. A worker that takes longer has gone wrong, and is ended; but not one that is still loading its tables on a busy machine. */
const answerMs = 5_000
/** What loading may take. */
const startMs = 60_000
/** Counts that are kept, the last used: texts, and UTF-16 code units of them all. */
const maxKept = 4_000
const maxKeptChars = 4_000_000

export class TokenWorker extends Context.Service<
  TokenWorker,
  {
    readonly count: (encoding: Encoding, text: string) => Effect.Effect<number | undefined>
  }
>()("@parley/providers/tokens/TokenWorker") {
  static layerWith(limits: { readonly answerMs: number }): Layer.Layer<TokenWorker> {
    return Layer.effect(
      TokenWorker,
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => new WorkerThread(limits.answerMs)),
          (thread) => Effect.sync(() => thread.end())
        ),
        (thread) => {
          const kept = new KeptCounts()
          return TokenWorker.of({
            count: (encoding, text) =>
              Effect.suspend(() => {
                if (text === "") return Effect.succeed(0)
                if (text.length > maxCountedChars) return Effect.succeed(undefined)
                const known = kept.get(encoding, text)
                if (known !== undefined) return Effect.succeed(known)
                return Effect.tap(thread.ask(encoding, text), (tokens) =>
                  Effect.sync(() => {
                    if (tokens !== undefined) kept.set(encoding, text, tokens)
                  })
                )
              })
          })
        }
      )
    )
  }

  static readonly layer: Layer.Layer<TokenWorker> = TokenWorker.layerWith({ answerMs })
}

/** Owns the thread, and who waits for it. */
class WorkerThread {
  #worker: Worker | undefined = undefined
  #nextId = 0
  #idle: NodeJS.Timeout | undefined = undefined
  #startedAtMs = 0
  #hasAnswered = false
  readonly #waiting = new Map<number, (tokens: number | undefined) => void>()
  readonly #answerMs: number

  constructor(answerMs: number) {
    this.#answerMs = answerMs
  }

  ask(encoding: Encoding, text: string): Effect.Effect<number | undefined> {
    return Effect.callback<number | undefined>((resume) => {
      if (this.#waiting.size >= maxWaiting) return resume(Effect.succeed(undefined))
      const id = this.#nextId++
      const timeout = setTimeout(() => this.#late(id), this.#answerMs)
      const settle = (tokens: number | undefined) => {
        clearTimeout(timeout)
        resume(Effect.succeed(tokens))
      }
      this.#waiting.set(id, settle)
      this.#started().postMessage({ id, encoding, text } satisfies CountAsked)
      return Effect.sync(() => {
        clearTimeout(timeout)
        this.#waiting.delete(id)
      })
    })
  }

  /** Whoever waits is told that nobody knows. */
  end(): void {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const settle of waiting) settle(undefined)
    void worker?.terminate()
  }

  #late(id: number): void {
    if (this.#hasAnswered || performance.now() - this.#startedAtMs > startMs) return this.end()
    const settle = this.#waiting.get(id)
    this.#waiting.delete(id)
    settle?.(undefined)
  }

  #started(): Worker {
    clearTimeout(this.#idle)
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(new URL("./encodeInWorker.ts", import.meta.url))
    worker.unref()
    worker.on("message", ({ id, tokens }: CountTold) => this.#told(id, tokens))
    worker.on("error", () => {
      if (this.#worker === worker) this.end()
    })
    this.#worker = worker
    this.#startedAtMs = performance.now()
    this.#hasAnswered = false
    return worker
  }

  #told(id: number, tokens: number): void {
    this.#hasAnswered = true
    const settle = this.#waiting.get(id)
    this.#waiting.delete(id)
    settle?.(tokens)
    if (this.#waiting.size > 0) return
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.end(), idleMs)
    this.#idle.unref()
  }
}

class KeptCounts {
  readonly #counts = new Map<string, number>()
  #chars = 0

  get(encoding: Encoding, text: string): number | undefined {
    const key = keyOf(encoding, text)
    const tokens = this.#counts.get(key)
    if (tokens === undefined) return undefined
    this.#counts.delete(key)
    this.#counts.set(key, tokens)
    return tokens
  }

  set(encoding: Encoding, text: string, tokens: number): void {
    const key = keyOf(encoding, text)
    if (!this.#counts.has(key)) this.#chars += key.length
    this.#counts.set(key, tokens)
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= maxKept && this.#chars <= maxKeptChars) return
      this.#counts.delete(oldest)
      this.#chars -= oldest.length
    }
  }
}

const keyOf = (encoding: Encoding, text: string): string => `${encoding} ${text}`
