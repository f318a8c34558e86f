/**
 * The files of the built app, listed once at the start: what is not in the list is not served, so no path leads out of the folder. Each is read
 * when it is first asked for, and kept.
 */
import { Effect, Option } from "effect"
import { createHash } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import { join, relative, sep } from "node:path"
import { promisify } from "node:util"
import { brotliCompress, constants, gzip } from "node:zlib"
import { contentTypes, isCompressible } from "./contentTypes.ts"

/** Files and bytes of one app; a folder with more is something else. */
const maxFiles = 5_000
const maxFileBytes = 33_554_432
/** Below this, compressing gains nothing. */
const minCompressedBytes = 256

export type Encoding = "br" | "gzip" | "identity"

export interface AppFile {
  readonly contentType: string
  readonly etag: string
  readonly bodies: Readonly<Partial<Record<Encoding, Uint8Array>>> & { readonly identity: Uint8Array }
}

export interface AppFiles {
  /** By the path in the address: `/assets/index-1a2b3c4d.js`. Undefined when there is none. */
  readonly find: (path: string) => Effect.Effect<AppFile> | undefined
}

/** None when there is no `index.html` in the folder. */
export const openAppFiles = Effect.fnUntraced(function* (folder: string): Effect.fn.Return<Option.Option<AppFiles>> {
  const found = yield* Effect.promise(() => list(folder))
  if (found.length > maxFiles) {
    yield* Effect.logWarning(`${folder} has more than ${maxFiles} files: it is not taken for the app`)
    return Option.none()
  }
  const names = new Set(found)
  if (!names.has("/index.html")) return Option.none()
  const files = new Map<string, Effect.Effect<AppFile>>()
  for (const path of names) {
    const contentType = contentTypes.get(extensionOf(path))
    if (contentType !== undefined) files.set(path, yield* Effect.cached(read(folder, path, contentType, names)))
  }
  return Option.some({ find: (path) => files.get(path) })
})

const list = async (folder: string): Promise<ReadonlyArray<string>> => {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    // Links are not followed.
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => `/${relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/")}`)
  } catch {
    return []
  }
}

const extensionOf = (path: string): string => /\.[A-Za-z0-9]+$/.exec(path)?.[0].toLowerCase() ?? ""

/** A file that is gone since the start is a fault of whoever removed it: a defect, logged. */
const read = (folder: string, path: string, contentType: string, names: ReadonlySet<string>): Effect.Effect<AppFile> =>
  Effect.promise(async () => {
    const identity = await readFile(join(folder, path))
    if (identity.byteLength > maxFileBytes) throw new Error(`${path} has more than ${maxFileBytes} bytes`)
    const etag = createHash("sha256").update(identity).digest("base64url").slice(0, 22)
    if (!isCompressible(contentType) || identity.byteLength < minCompressedBytes)
      return { contentType, etag, bodies: { identity } }
    const [br, gz] = await Promise.all([
      names.has(`${path}.br`) ? readFile(join(folder, `${path}.br`)) : brotli(identity, brotliOptions),
      names.has(`${path}.gz`) ? readFile(join(folder, `${path}.gz`)) : zip(identity)
    ])
    return { contentType, etag, bodies: { identity, br, gzip: gz } }
  })

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)
/** Of what the build has not compressed itself: as good as can be had while somebody waits. */
const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } }
