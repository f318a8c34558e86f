/** A Redis of the drills' own: it can be frozen, killed, and started again where it was. */
import { startRedisServer } from "../../test/support/startRedis.ts"
import type { RedisServer } from "../../test/support/startRedis.ts"

export class Redis {
  #server: RedisServer

  private constructor(server: RedisServer) {
    this.#server = server
  }

  static async make(): Promise<Redis> {
    return new Redis(await startRedisServer())
  }

  get url(): string {
    return this.#server.url
  }

  freeze(): void {
    process.kill(this.#server.pid, "SIGSTOP")
  }

  wake(): void {
    process.kill(this.#server.pid, "SIGCONT")
  }

  async kill(): Promise<void> {
    await this.#server.end()
  }

  /** Empty, at the same address. */
  async startAgain(): Promise<void> {
    this.#server = await startRedisServer(this.#server.port)
  }

  async close(): Promise<void> {
    await this.#server.end()
  }
}
