/** Three real masters that share the slots of a Redis Cluster, for tests; their data is in memory only. */
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Redis } from "ioredis"
import { freePort } from "../../../../cli/src/postgres/freePort.ts"
import { findRedis, libraryPath } from "../../../../../test/support/startRedis.ts"
import type { Held } from "../../../../../test/support/oncePerRun.ts"

const masters = 3
const slots = 16_384
/** A master listens for the others 10,000 above its port. */
const highestPort = 55_000
/** One that ends while it starts, for a port of it was taken, is started anew with others. */
const startAttempts = 3
/** Bound on the start; it takes some seconds until the masters have heard of each other. */
const startTimeoutMs = 60_000
const pollMs = 50

export interface RedisCluster {
  /** As `REDIS_URL` takes it. */
  readonly url: string
  /** Ends one master at once, with a third of the slots. */
  readonly kill: (index: number) => void
}

export const startRedisCluster = async (): Promise<Held<RedisCluster>> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce()
    } catch (error) {
      // Six ports are needed that nobody takes in the meantime.
      if (attempt === startAttempts) throw error
    }
  }
}

const startOnce = async (): Promise<Held<RedisCluster>> => {
  const binary = await findRedis()
  const dir = await mkdtemp(join(tmpdir(), "parley-redis-cluster-"))
  const ports: Array<number> = []
  while (ports.length < masters) {
    const port = await freePort()
    if (port <= highestPort) ports.push(port)
  }
  const servers = ports.map((port) =>
    spawn(binary.path, argumentsOf(port, dir), {
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, ...libraryPath(binary) }
    })
  )
  const ended = servers.map(
    (server) =>
      new Promise<string>((resolve) => {
        let said = ""
        server.stdout.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)))
        server.once("close", () => resolve(said)).once("error", ({ message }) => resolve(message))
      })
  )
  const killAtExit = () => servers.forEach((server) => server.kill("SIGKILL"))
  process.once("exit", killAtExit)
  const end = async () => {
    process.off("exit", killAtExit)
    killAtExit()
    await Promise.all(ended)
    await rm(dir, { recursive: true, force: true })
  }
  const forming = new AbortController()
  const endedEarly = Promise.race(ended).then((said) => {
    forming.abort()
    throw new Error(`${binary.path} ended while the Redis Cluster was formed: ${said.trim()}`)
  })
  try {
    await Promise.race([formCluster(ports, forming.signal), endedEarly])
  } catch (error) {
    await end()
    throw error
  }
  const url = `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(",")}`
  return { value: { url, kill: (index) => void servers[index]?.kill("SIGKILL") }, end }
}

const argumentsOf = (port: number, dir: string): ReadonlyArray<string> => [
  ...["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--loglevel", "warning"],
  ...["--cluster-enabled", "yes", "--cluster-config-file", `nodes-${port}.conf`, "--cluster-node-timeout", "2000"],
  // What lives on the other masters goes on.
  ...["--cluster-require-full-coverage", "no", "--save", "", "--appendonly", "no"]
]

const formCluster = async (ports: ReadonlyArray<number>, signal: AbortSignal): Promise<void> => {
  const deadline = Date.now() + startTimeoutMs
  const clients = ports.map((port) => {
    // It waits for a server that is slow to listen, and no longer than the deadline.
    const client = new Redis({
      ...{ port, host: "127.0.0.1", maxRetriesPerRequest: null },
      retryStrategy: () => (Date.now() > deadline ? null : pollMs)
    })
    client.on("error", () => {})
    signal.addEventListener("abort", () => client.disconnect())
    return client
  })
  try {
    await Promise.all(clients.map((client) => client.ping()))
    for (const [index, client] of clients.entries()) {
      const first = Math.floor((slots / masters) * index)
      const last = Math.floor((slots / masters) * (index + 1)) - 1
      await client.call("CLUSTER", "ADDSLOTSRANGE", String(first), String(last))
      // Each to each: word of mouth takes seconds.
      for (const port of ports) if (port !== ports[index]) await client.call("CLUSTER", "MEET", "127.0.0.1", String(port))
    }
    for (const client of clients) {
      for (;;) {
        const info = String(await client.call("CLUSTER", "INFO"))
        if (info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${masters}`)) break
        if (Date.now() > deadline) throw new Error(`The Redis Cluster did not form in ${startTimeoutMs} ms: ${info}`)
        await new Promise((resolve) => setTimeout(resolve, pollMs))
      }
    }
  } finally {
    for (const client of clients) client.disconnect()
  }
}
