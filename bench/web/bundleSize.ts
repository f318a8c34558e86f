/** What a first visit fetches, gzipped, by part; and what comes when it is needed. */
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { build } from "vite"
import type { Rolldown } from "vite"
import { firstLoadOf } from "../../packages/web/build/appFiles.ts"
import type { Found } from "./Stage.ts"
import type { RivalPage } from "./rivalPage.ts"

const firstLoadKb = 250

export const bundleSize = async (rival: RivalPage): Promise<Found> => {
  const ours = await builtApp()
  const first = new Set(firstLoadOf(ours))
  const later = Object.keys(ours).filter((name) => !first.has(name) && name.endsWith(".js"))
  const firstKb = kbOf(ours, first)
  return {
    section: {
      title: "size, KB gzipped",
      rows: [
        { part: "Parley: first load", KB: firstKb },
        ...kinds.map(([kind, ending]) => ({
          part: `  ${kind}`,
          KB: kbOf(
            ours,
            [...first].filter((name) => name.endsWith(ending))
          )
        })),
        ...libraries(ours, first).map(([library, KB]) => ({ part: `    ${library}`, KB })),
        ...largest(ours, later).map((name) => ({ part: `  when needed: ${nameOf(name)}`, KB: kbOf(ours, [name]) })),
        { part: "assistant-ui 0.15.21: first load", KB: kbOf(rival.bundle, firstLoadOf(rival.bundle)) }
      ]
    },
    targets: [{ name: "first load", asked: firstLoadKb, bound: "at most", measured: firstKb, unit: "KB" }]
  }
}

const kinds = [
  ["scripts", ".js"],
  ["styles", ".css"],
  ["font", ".woff2"]
] as const

const builtApp = async (): Promise<Rolldown.OutputBundle> => {
  const configFile = fileURLToPath(new URL("../../packages/web/vite.config.ts", import.meta.url))
  const built = await build({ configFile, logLevel: "error", build: { write: false } })
  if (!("output" in built)) throw new Error("the build has no output")
  return Object.fromEntries(built.output.map((output) => [output.fileName, output]))
}

const kbOf = (bundle: Rolldown.OutputBundle, names: Iterable<string>): number => {
  let bytes = 0
  for (const name of names) {
    const output = bundle[name]
    if (output === undefined) continue
    const content = output.type === "chunk" ? output.code : output.source
    // A font is compressed already.
    bytes += name.endsWith(".woff2") ? content.length : gzipSync(content).length
  }
  return bytes / 1_000
}

/** What each library has of the scripts of the first load: by its share of each file before that was compressed. */
const libraries = (bundle: Rolldown.OutputBundle, names: Iterable<string>): ReadonlyArray<readonly [string, number]> => {
  const found = new Map<string, number>()
  for (const name of names) {
    const output = bundle[name]
    if (output?.type !== "chunk") continue
    const modules = Object.entries(output.modules)
    const whole = modules.reduce((sum, [, { renderedLength }]) => sum + renderedLength, 0)
    for (const [path, { renderedLength }] of modules) {
      const library = libraryOf(path)
      found.set(library, (found.get(library) ?? 0) + (kbOf(bundle, [name]) * renderedLength) / whole)
    }
  }
  return [...found].filter(([, KB]) => KB >= leastKb).sort(([, a], [, b]) => b - a)
}

/** Smaller shares are not told. */
const leastKb = 1

const libraryOf = (path: string): string => {
  const library = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]
  return library ?? /\/packages\/(\w+)\//.exec(path)?.[0] ?? "Vite"
}

const largest = (bundle: Rolldown.OutputBundle, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.toSorted((a, b) => kbOf(bundle, [b]) - kbOf(bundle, [a])).slice(0, 8)

/** Without its folder and the hash of its content. */
const nameOf = (file: string): string => file.replace(/^.*\//, "").replace(/-[\w-]{8}\.js$/, "")
