/** Finds a build of uWebSockets.js that this machine can load: its C library and Node version decide. */
import { Effect, Result } from "effect"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import type { UwsModule } from "./Uws.ts"

/** Aliases in package.json, the better one first: the current needs glibc 2.38, the compatible one 2.27 and Node 23 at most. */
export const uwsBuilds = ["uws-current", "uws-compat"] as const
export type UwsBuild = (typeof uwsBuilds)[number]

/** All of a request's headers together. */
export const defaultMaxHeaderBytes = 16_384

export interface LoadedUws {
  readonly build: UwsBuild
  /** `uWebSockets.js 20.…` */
  readonly name: string
  readonly module: UwsModule
}

export interface UwsNotLoaded {
  readonly build: UwsBuild
  readonly reason: string
}

const require = createRequire(import.meta.url)

const isUwsModule = (value: unknown): value is UwsModule =>
  typeof value === "object" &&
  value !== null &&
  "App" in value &&
  typeof value.App === "function" &&
  "us_listen_socket_close" in value &&
  "us_socket_local_port" in value

/** The package does not export its manifest, which lies beside its entry. */
const versionOf = (build: UwsBuild): string => {
  const manifest: unknown = require(join(dirname(require.resolve(build)), "package.json"))
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "?"
}

/** A build that cannot be loaded runs no native code. */
export const loadUwsBuild = (
  build: UwsBuild,
  maxHeaderBytes: number = defaultMaxHeaderBytes
): Result.Result<LoadedUws, UwsNotLoaded> =>
  Result.try({
    try: () => {
      // Read by the native code when it loads, so the first server of a process decides.
      process.env["UWS_HTTP_MAX_HEADERS_SIZE"] ??= String(maxHeaderBytes)
      const module: unknown = require(build)
      if (!isUwsModule(module)) throw new Error("not a build of uWebSockets.js")
      return { build, name: `uWebSockets.js ${versionOf(build)}`, module }
    },
    catch: (cause) => ({ build, reason: lastLine(cause instanceof Error ? cause.message : String(cause)) })
  })

/** The loader's own words come after the package's general explanation. */
const lastLine = (message: string): string => {
  const lines = message.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("- ") && line !== "Require stack:")
  return lines.at(-1) ?? message
}

export type LoadBuild = typeof loadUwsBuild

/** The first of `builds` that loads; otherwise why not, loudly, since Node's own server is several times slower. */
export const loadUws = (
  builds: ReadonlyArray<UwsBuild>,
  maxHeaderBytes: number,
  load: LoadBuild = loadUwsBuild
): Effect.Effect<LoadedUws | undefined> =>
  Effect.suspend(() => {
    const failures: Array<UwsNotLoaded> = []
    for (const build of builds) {
      const loaded = load(build, maxHeaderBytes)
      if (Result.isSuccess(loaded)) return Effect.succeed(loaded.success)
      failures.push(loaded.failure)
    }
    return Effect.logWarning(
      `No build of uWebSockets.js loads here, so Node's own HTTP server answers, which is several times slower. ${failures
        .map(({ build, reason }) => `${build}: ${reason}`)
        .join("; ")}`
    ).pipe(Effect.as(undefined))
  })
