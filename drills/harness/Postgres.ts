/** A Postgres of the drills' own, that can be stopped and started again where it was. */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { connect } from "node:net"
import { join } from "node:path"
import { openCluster, serverEnvironment } from "../../packages/cli/src/postgres/Cluster.ts"
import type { Cluster } from "../../packages/cli/src/postgres/Cluster.ts"
import { dataFolder } from "../../packages/cli/src/postgres/Cluster.ts"
import { freePort } from "../../packages/cli/src/postgres/freePort.ts"
import { temporaryFolder } from "../../test/support/temporaryFolder.ts"
import type { TemporaryFolder } from "../../test/support/temporaryFolder.ts"
import { until } from "./wait.ts"

const startTimeoutMs = 30_000

export class Postgres {
  readonly url: string
  readonly #cluster: Cluster
  readonly #folder: TemporaryFolder
  readonly #port: number
  #child: ChildProcess | undefined
  readonly #killAtExit = () => void this.#child?.kill("SIGKILL")

  private constructor(cluster: Cluster, folder: TemporaryFolder, port: number) {
    this.#cluster = cluster
    this.#folder = folder
    this.#port = port
    this.url = `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`
    process.once("exit", this.#killAtExit)
  }

  static async make(): Promise<Postgres> {
    const folder = await temporaryFolder("drill-postgres")
    const dataDir = join(folder.path, "data")
    await dataFolder(dataDir)
    const postgres = new Postgres(await openCluster({ dataDir, throwaway: true }), folder, await freePort())
    await postgres.start()
    return postgres
  }

  async start(): Promise<void> {
    const settings = {
      port: this.#port,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      timezone: "UTC",
      max_connections: 200,
      fsync: "off",
      full_page_writes: "off"
    }
    const args = ["-D", this.#cluster.path, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])]
    const child = spawn(join(this.#cluster.binaries, "postgres"), args, {
      cwd: "/",
      env: serverEnvironment,
      stdio: "ignore",
      ...this.#cluster.account.ids
    })
    this.#child = child
    await until("Postgres starts", startTimeoutMs, async () => ((await accepts(this.#port)) ? true : undefined))
  }

  /** Its fast stop: connections are broken, nothing that was committed is lost. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return
    const exited = new Promise((resolve) => child.once("close", resolve))
    child.kill("SIGINT")
    await exited
  }

  async close(): Promise<void> {
    process.off("exit", this.#killAtExit)
    await this.stop()
    await this.#folder.remove()
  }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })
