/** A program under test or a load generator, in a process of its own on a core of its own. */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { createServer } from "node:net"
import { pinnedTo } from "./Machine.ts"

/** Longest wait for a program to say that it is ready, and to end when asked. */
const readyTimeoutMs = 60_000
const stopTimeoutMs = 20_000
/** How much of a program's output is kept, to show when it fails. */
const keptOutput = 8_000

export interface Child {
  readonly name: string
  readonly pid: number
  /** Where it listens; 0 when it does not. */
  readonly port: number
  /** What it said when it was ready. */
  readonly ready: Message
  readonly output: () => string
  /** Sends a message; `until` resolves with the first answer of one of these types. A message `failure` rejects. */
  readonly ask: <A extends Message>(message: Message, until: string, onOther?: (message: Message) => void) => Promise<A>
  readonly tell: (message: Message) => void
  /** Every message from now on, until what this answers is called. */
  readonly listen: (listener: (message: Message) => void) => () => void
  readonly stop: () => Promise<void>
}

export interface Message {
  readonly type: string
  readonly [key: string]: unknown
}

export interface ChildOptions {
  readonly name: string
  readonly script: string
  readonly args?: ReadonlyArray<string>
  readonly nodeArgs?: ReadonlyArray<string>
  readonly env?: Record<string, string>
  readonly cwd?: string
  readonly core?: number | undefined
  /** How it says that it is ready: a message `{ type: "ready", port }` of its own, or a pattern in its output whose first group is the port. */
  readonly ready?: RegExp
}

const running = new Set<ChildProcess>()
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})

export const startChild = async (options: ChildOptions): Promise<Child> => {
  const [command, args] = pinnedTo(options.core, process.execPath, [
    ...(options.nodeArgs ?? []),
    options.script,
    ...(options.args ?? [])
  ])
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    serialization: "advanced",
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd })
  })
  running.add(child)
  let output = ""
  let ended = false
  const listeners = new Set<(message: Message) => void>()
  const endings = new Set<(error: Error) => void>()

  const failure = (what: string) => new Error(`${options.name}: ${what}\n${output.slice(-2_000)}`)
  child.once("exit", (code, signal) => {
    ended = true
    running.delete(child)
    for (const end of endings) end(failure(`ended with ${signal ?? `code ${code}`}`))
  })
  child.on("message", (message: Message) => {
    for (const listener of listeners) listener(message)
  })

  const pid = child.pid
  if (pid === undefined) throw failure("could not be started")

  const ready = await new Promise<Message>((resolve, reject) => {
    const timer = setTimeout(() => reject(failure("was not ready in time")), readyTimeoutMs)
    const done = (found: Message) => {
      clearTimeout(timer)
      endings.delete(reject)
      listeners.delete(onMessage)
      resolve(found)
    }
    const onMessage = (message: Message) => {
      if (options.ready === undefined && message.type === "ready") done(message)
    }
    const onText = (text: Buffer) => {
      output = (output + text.toString("utf8")).slice(-keptOutput)
      const found = options.ready?.exec(output)
      if (found) done({ type: "ready", port: Number(found[1]) })
    }
    endings.add(reject)
    listeners.add(onMessage)
    child.stdout?.on("data", onText)
    child.stderr?.on("data", onText)
  })

  return {
    name: options.name,
    pid,
    port: Number(ready["port"] ?? 0),
    ready,
    output: () => output,
    ask: <A extends Message>(message: Message, until: string, onOther?: (message: Message) => void) =>
      new Promise<A>((resolve, reject) => {
        const settle = (result: () => void) => {
          endings.delete(onEnd)
          listeners.delete(onMessage)
          result()
        }
        const onEnd = (error: Error) => settle(() => reject(error))
        const onMessage = (answer: Message) => {
          if (answer.type === until) settle(() => resolve(answer as A))
          else if (answer.type === "failure") settle(() => reject(failure(String(answer["message"]))))
          else onOther?.(answer)
        }
        endings.add(onEnd)
        listeners.add(onMessage)
        child.send(message)
      }),
    tell: (message) => {
      child.send(message)
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: () =>
      new Promise((resolve) => {
        if (ended) return resolve()
        const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs)
        child.once("exit", () => {
          clearTimeout(timer)
          resolve()
        })
        child.kill("SIGTERM")
      })
  }
}

/** For programs that cannot be told to take any free port. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => (address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))))
    })
  })
