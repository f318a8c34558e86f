/** A Redis of the test run's own: a setting, the PATH, else Debian's package unpacked beside the checkout. */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "../../packages/cli/src/postgres/freePort.ts"
import { cacheDir, findOnPath, isRoot, run } from "./machine.ts"
import type { Held } from "./oncePerRun.ts"

/** Bound on the start; it takes some 20 ms. */
const startTimeoutMs = 20_000
/** Bound on the download of Debian's packages, 1 MB together. */
const downloadTimeoutMs = 120_000

const packages = ["redis-server", "redis-tools", "libjemalloc2", "liblzf1", "liblua5.1-0", "lua-cjson", "lua-bitop", "libatomic1"]

interface Binary {
  readonly path: string
  readonly libraries: string
}

export const startRedis = async (): Promise<Held<string>> => {
  const given = process.env.TEST_REDIS_URL
  if (given !== undefined && given !== "") return { value: given, end: async () => {} }
  const binary = await findRedis()
  const dir = await mkdtemp(join(tmpdir(), "parley-redis-"))
  const port = await freePort()
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
  return { value: `redis://127.0.0.1:${port}`, end }
}

const libraryPath = (binary: Binary): Record<string, string> =>
  binary.libraries === "" ? {} : { LD_LIBRARY_PATH: binary.libraries }

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

const findRedis = async (): Promise<Binary> => {
  const onPath = findOnPath(["redis-server", "valkey-server"])
  if (onPath !== undefined) return { path: onPath, libraries: "" }
  const root = join(cacheDir, "redis")
  if (!existsSync(join(root, "usr/bin/redis-check-rdb"))) await unpackDebian(root)
  const libraries: Array<string> = []
  for (const lib of ["usr/lib", "lib"]) {
    for (const name of await readdir(join(root, lib)).catch(() => [])) {
      if (name.endsWith("-linux-gnu")) libraries.push(join(root, lib, name))
    }
  }
  return { path: join(root, "usr/bin/redis-server"), libraries: libraries.join(":") }
}

/** No root needed: the packages are downloaded and unpacked, not installed. */
const unpackDebian = async (root: string): Promise<void> => {
  if (findOnPath(["apt-get"]) === undefined || findOnPath(["dpkg"]) === undefined) {
    throw new Error(
      "The tests need Redis. Put redis-server or valkey-server on the PATH (brew install redis, dnf install redis …), " +
        "or set TEST_REDIS_URL to a server whose data may be lost."
    )
  }
  await mkdir(cacheDir, { recursive: true })
  const work = await mkdtemp(join(cacheDir, "redis-unpacking-"))
  try {
    const download = () => run("apt-get", ["download", ...packages], { cwd: work, timeoutMs: downloadTimeoutMs })
    try {
      await download()
    } catch (error) {
      if (!isRoot) throw error
      await run("apt-get", ["update"], { timeoutMs: downloadTimeoutMs })
      await download()
    }
    const unpacked = join(work, "unpacked")
    await mkdir(unpacked)
    for (const file of await readdir(work)) {
      if (file.endsWith(".deb")) await run("dpkg", ["-x", join(work, file), unpacked], { timeoutMs: downloadTimeoutMs })
    }
    // Another run may have been quicker; its copy is as good.
    await rename(unpacked, root).catch(() => {})
  } catch (error) {
    throw new Error(
      "The tests need Redis: there is no redis-server or valkey-server on the PATH, and Debian's package could not be " +
        `downloaded. Install one, or set TEST_REDIS_URL. ${error instanceof Error ? error.message : String(error)}`
    )
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
