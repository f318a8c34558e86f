/** One connection to one server, or to a Redis Cluster, with the same bounds. */
import { Option } from "effect"
import { Cluster, Redis as IoRedis } from "ioredis"
import type { RedisOptions } from "ioredis"

/** "legacy": answers in the shapes of RESP2, which Effect's scripts expect. */
export type ConnectionOptions = Omit<RedisOptions, "replyMapping" | "retryStrategy"> & {
  readonly retryStrategy: (times: number) => number | null
}

export type RedisConnection = IoRedis | Cluster

export type RedisAddress =
  | { readonly _tag: "Server"; readonly url: string }
  | {
      readonly _tag: "Cluster"
      readonly nodes: ReadonlyArray<{ readonly host: string; readonly port: number }>
      readonly options: RedisOptions
    }

const defaultPort = 6_379

/** `redis://…`, `rediss://…`, or `redis+cluster://[user:password@]host:port,host:port…` (`rediss+cluster` with TLS). */
export const parseRedisAddress = (text: string): Option.Option<RedisAddress> => {
  const cluster = /^(rediss?)\+cluster:\/\/(.+)$/s.exec(text)
  if (cluster === null) {
    return URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol)
      ? Option.some({ _tag: "Server", url: text })
      : Option.none()
  }
  const [, scheme, rest = ""] = cluster
  const at = rest.lastIndexOf("@")
  const urls = rest
    .slice(at + 1)
    .split(",")
    .map((host) => `redis://${rest.slice(0, at + 1)}${host}`)
  if (!urls.every((url) => URL.canParse(url))) return Option.none()
  const parsed = urls.map((url) => new URL(url))
  if (parsed.some(({ hostname }) => hostname === "")) return Option.none()
  const username = decoded(parsed[0]?.username ?? "")
  const password = decoded(parsed[0]?.password ?? "")
  if (Option.isNone(username) || Option.isNone(password)) return Option.none()
  return Option.some({
    _tag: "Cluster",
    nodes: parsed.map(({ hostname, port }) => ({
      // An address of IPv6 has its brackets in a URL only.
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? defaultPort : Number(port)
    })),
    options: {
      ...(username.value === "" ? {} : { username: username.value }),
      ...(password.value === "" ? {} : { password: password.value }),
      ...(scheme === "rediss" ? { tls: {} } : {})
    }
  })
}

const decoded = Option.liftThrowable(decodeURIComponent)

/** Not connected yet. */
export const makeConnection = (address: RedisAddress, options: ConnectionOptions): RedisConnection => {
  if (address._tag === "Server") return new IoRedis(address.url, { ...options, lazyConnect: true, replyMapping: "legacy" })
  const { enableOfflineQueue: _, retryStrategy, ...redisOptions } = options
  return new Cluster([...address.nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: retryStrategy,
    redisOptions: { ...redisOptions, ...address.options, replyMapping: "legacy" }
  })
}

/** The servers that a script must be loaded on: whichever has the keys runs it. */
export const callOnAll = async (client: RedisConnection, command: string, args: ReadonlyArray<string>): Promise<unknown> => {
  const servers = client instanceof Cluster ? client.nodes("master") : [client]
  const answers = await Promise.all(servers.map((server) => server.call(command, ...args)))
  if (answers.length === 0) throw new Error("No master of the cluster is known")
  return answers[0]
}

/** Slots of a Redis Cluster. */
const slots = 16_384

/** Whether all of it answers: of a cluster each master, with no slot that none of them serves. Fails where one does not answer at all. */
export const answersWhole = async (client: RedisConnection): Promise<boolean> => {
  const pings = callOnAll(client, "PING", [])
  if (!(client instanceof Cluster)) return (await pings) === "PONG"
  const [, info] = await Promise.all([pings, client.call("CLUSTER", "INFO")])
  return new RegExp(`^cluster_slots_ok:${slots}\\r?$`, "m").test(String(info))
}
