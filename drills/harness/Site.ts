/** Everything that one drill runs: Postgres, Redis, a provider, gateways and runners. It leaves nothing behind. */
import { freePort } from "../../packages/cli/src/postgres/freePort.ts"
import type { Options } from "./Options.ts"
import { administratorKey, Parley } from "./Parley.ts"
import type { RunLine } from "./Parley.ts"
import { Postgres } from "./Postgres.ts"
import { Provider } from "./Provider.ts"
import { Random } from "./Random.ts"
import { Redis } from "./Redis.ts"
import { Relay } from "./Relay.ts"
import { Store } from "./Store.ts"
import { until } from "./wait.ts"

export type CrashPolicy = "continue" | "fail"

export interface SiteOptions {
  readonly gateways?: number
  readonly runners?: number
  /** Between two words of an answer. */
  readonly wordMs?: number
  readonly env?: Readonly<Record<string, string>>
  /** For one process, by its number among those of its role. */
  readonly runnerEnv?: (index: number) => Readonly<Record<string, string>>
  readonly gatewayEnv?: (index: number) => Readonly<Record<string, string>>
  /** What becomes of the answers of a lost runner. */
  readonly crashPolicy?: CrashPolicy
  /** Connections to runners go through a relay each, which can be cut. */
  readonly isRelayed?: boolean
}

const shareTimeoutMs = 40_000

export class Site {
  readonly key = administratorKey
  readonly postgres: Postgres
  readonly redis: Redis
  readonly provider: Provider
  readonly store: Store
  /** For faults: their order is the seed's alone. */
  readonly random: Random
  /** For clients, who draw whenever it comes to it. */
  readonly clientRandom: Random
  readonly gateways: Array<Parley> = []
  readonly runners: Array<Parley> = []
  readonly relays = new Map<Parley, Relay>()
  /** What all processes said of runs, in the order in which it was read. */
  readonly runLines: Array<RunLine> = []

  readonly #options: SiteOptions
  readonly #asked: Options
  readonly #providerUrl: string
  #named = 0
  readonly #begun = { gateway: 0, runner: 0 }

  private constructor(
    asked: Options,
    options: SiteOptions,
    parts: { readonly postgres: Postgres; readonly redis: Redis; readonly provider: Provider; readonly providerUrl: string }
  ) {
    this.#asked = asked
    this.#options = options
    this.#providerUrl = parts.providerUrl
    this.postgres = parts.postgres
    this.redis = parts.redis
    this.provider = parts.provider
    this.store = new Store(parts.postgres.url)
    this.random = new Random(asked.seed)
    this.clientRandom = new Random(~asked.seed)
  }

  static async open(asked: Options, options: SiteOptions = {}): Promise<Site> {
    const provider = new Provider(options.wordMs ?? 100)
    const [postgres, redis, providerUrl] = await Promise.all([Postgres.make(), Redis.make(), provider.listen()])
    const site = new Site(asked, options, { postgres, redis, provider, providerUrl })
    try {
      await site.#startAll()
      return site
    } catch (error) {
      await site.close()
      throw error
    }
  }

  async #startAll(): Promise<void> {
    const { gateways = 2, runners = 2 } = this.#options
    await Promise.all([
      ...Array.from({ length: runners }, () => this.startRunner()),
      ...Array.from({ length: gateways }, () => this.startGateway())
    ])
    await this.settled(runners)
  }

  /** Until so many runners share all conversations. */
  async settled(runners: number): Promise<void> {
    await until(`${runners} runners share the shards`, shareTimeoutMs, async () =>
      (await this.store.shardHolders()) === runners ? true : undefined
    )
  }

  get crashPolicy(): CrashPolicy {
    return this.#options.crashPolicy ?? "continue"
  }

  get env(): Readonly<Record<string, string>> {
    return {
      DATABASE_URL: this.postgres.url,
      REDIS_URL: this.redis.url,
      OPENAI_API_KEY: "sk-drill",
      OPENAI_BASE_URL: this.#providerUrl,
      // Runners may share their shards at once; a drill about joining says otherwise.
      PARLEY_CLUSTER_JOIN_MS: "1",
      PARLEY_CRASH_POLICY: this.crashPolicy,
      ...this.#options.env
    }
  }

  async startGateway(env: Readonly<Record<string, string>> = {}): Promise<Parley> {
    // Several are started at once: their numbers are given before anything is waited for.
    const index = this.#begun.gateway++
    const gateway = await this.#start("gateway", { ...this.#options.gatewayEnv?.(index), ...env })
    this.gateways.push(gateway)
    return gateway
  }

  async startRunner(env: Readonly<Record<string, string>> = {}): Promise<Parley> {
    const index = this.#begun.runner++
    const port = await freePort()
    const isRelayed = this.#options.isRelayed === true
    const host = isRelayed ? `127.0.0.${2 + index}` : "127.0.0.1"
    const relay = isRelayed
      ? await Relay.listen(host, port, () => [...this.gateways, ...this.runners].map((parley) => parley.pid))
      : undefined
    const runner = await this.#start("runner", {
      PARLEY_RUNNER_PORT: String(port),
      PARLEY_RUNNER_HOST: host,
      ...(isRelayed ? { PARLEY_RUNNER_LISTEN_HOST: "127.0.0.1" } : {}),
      ...this.#options.runnerEnv?.(index),
      ...env
    })
    this.runners.push(runner)
    if (relay !== undefined) this.relays.set(runner, relay)
    return runner
  }

  /** Gateways that clients may use now. */
  get openGateways(): ReadonlyArray<Parley> {
    return this.gateways.filter((gateway) => !gateway.isOver && !gateway.isLeaving)
  }

  get openRunners(): ReadonlyArray<Parley> {
    return this.runners.filter((runner) => !runner.isOver && !runner.isLeaving)
  }

  /** The runner that writes the run, as its own log says. */
  ownerOf(runId: string): Parley | undefined {
    const line = this.runLines.findLast((other) => other.runId === runId && (other.kind === "begins" || other.kind === "taken"))
    return this.runners.find((runner) => runner.name === line?.process)
  }

  async #start(role: Parley["role"], env: Readonly<Record<string, string>>): Promise<Parley> {
    return Parley.start({
      name: `${role}-${++this.#named}`,
      role,
      env: { ...this.env, ...env },
      logs: this.#asked.logs,
      onRun: (line) => this.runLines.push(line)
    })
  }

  async close(): Promise<void> {
    await Promise.all([...this.gateways, ...this.runners].map((parley) => parley.stop("SIGKILL")))
    await Promise.all([...this.relays.values()].map((relay) => relay.close()))
    await this.store.close()
    await Promise.all([this.postgres.close(), this.redis.close(), this.provider.close()])
  }
}
