/** A Redis of the test run's own: a setting, the PATH, else Debian's package unpacked beside the checkout. */
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "../../packages/cli/src/postgres/freePort.ts"
import { findProgram, libraryPath, type Program } from "./debianProgram.ts"

export { libraryPath } from "./debianProgram.ts"
import type { Held } from "./oncePerRun.ts"

/** Bound on the start; it takes some 20 ms. */
const startTimeoutMs = 20_000
const debianPackages = [
  "redis-server",
  "redis-tools",
  "libjemalloc2",
  "liblzf1",
  "liblua5.1-0",
  "lua-cjson",
  "lua-bitop",
  "libatomic1"
]

export const startRedis = async (): Promise<Held<string>> => {
  const given = process.env.TEST_REDIS_URL
  if (given !== undefined && given !== "") return { value: given, end: async () => {} }
  const { end, url } = await startRedisServer()
  return { value: url, end }
}

export interface RedisServer {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Kills it and removes its folder. */
  readonly end: () => Promise<void>
}

export const startRedisServer = async (givenPort?: number): Promise<RedisServer> => {
  const binary = await findRedis()
  const dir = await mkdtemp(join(tmpdir(), "parley-redis-"))
  const port = givenPort ?? (await freePort())
  const server = spawn(
    binary.path,
    ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir, "--loglevel", "warning"],
    { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...libraryPath(binary) } }
  )
  let complaint = ""
  server.stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2_000)))
  const exited = new Promise<void>((resolve) => server.once("close", () => resolve()).once("error", () => resolve()))
  const killAtExit = () => void server.kill("SIGKILL")
  process.once("exit", killAtExit)
  const end = async () => {
    process.off("exit", killAtExit)
    server.kill("SIGKILL")
    await exited
    await rm(dir, { recursive: true, force: true })
  }
  const deadline = Date.now() + startTimeoutMs
  while (!(await answersPing(port))) {
    if (server.exitCode !== null || server.pid === undefined || Date.now() > deadline) {
      await end()
      throw new Error(`${binary.path} did not start: ${complaint.trim() || `no answer in ${startTimeoutMs} ms`}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return { url: `redis://127.0.0.1:${port}`, port, pid: server.pid ?? 0, end }
}

export const findRedis = (): Promise<Program> =>
  findProgram({
    names: ["redis-server", "valkey-server"],
    packages: debianPackages,
    path: "usr/bin/redis-server",
    advice:
      "Put redis-server or valkey-server on the PATH (brew install redis, dnf install redis …), or set TEST_REDIS_URL to a server whose data may be lost."
  })

const answersPing = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"))
    const done = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once("data", (data) => done(data.toString().startsWith("+PONG")))
    socket.once("error", () => done(false))
    socket.setTimeout(1_000, () => done(false))
  })
