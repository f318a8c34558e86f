/** How the server listens, and its bounds. */
import type { RenderFault } from "./ServerFault.ts"
import { renderProblem } from "./ServerFault.ts"
import { defaultMaxHeaderBytes } from "./loadUws.ts"
import type { LoadBuild, UwsBuild } from "./loadUws.ts"

export const defaultMaxBodyBytes = 10 * 1_048_576
/** HTTP connections and WebSockets together; one more is closed when it opens. */
export const defaultMaxConnections = 20_000
/** What is in flight gets so long when the server stops. */
export const defaultDrainTimeoutMs = 15_000

export interface ServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Other processes may listen on the same port, each for its share of the connections; without it they are refused. */
  readonly sharesPort?: boolean | undefined
  readonly maxBodyBytes?: number | undefined
  readonly maxHeaderBytes?: number | undefined
  readonly maxConnections?: number | undefined
  readonly drainTimeoutMs?: number | undefined
  /** `auto`: the first build of uWebSockets that loads, else Node's server. */
  readonly engine?: "auto" | UwsBuild | "node" | undefined
  /** How a build is loaded: `loadUwsBuild`, unless a test plays a machine on which one does not load. */
  readonly loadBuild?: LoadBuild | undefined
  /** The body of a fault that no handler has answered. */
  readonly renderFault?: RenderFault | undefined
}

export interface ServerSettings {
  readonly host: string
  readonly port: number
  readonly sharesPort: boolean
  readonly maxBodyBytes: number
  readonly maxHeaderBytes: number
  readonly maxConnections: number
  readonly drainTimeoutMs: number
  readonly renderFault: RenderFault
}

export const withDefaults = (options: ServerOptions): ServerSettings => ({
  host: options.host,
  port: options.port,
  sharesPort: options.sharesPort ?? false,
  maxBodyBytes: options.maxBodyBytes ?? defaultMaxBodyBytes,
  maxHeaderBytes: options.maxHeaderBytes ?? defaultMaxHeaderBytes,
  maxConnections: options.maxConnections ?? defaultMaxConnections,
  drainTimeoutMs: options.drainTimeoutMs ?? defaultDrainTimeoutMs,
  renderFault: options.renderFault ?? renderProblem
})
