/** The parts of a build that Vite has no name for: the service worker's list of files, and Mermaid beside its frame. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Plugin, Rolldown } from "vite"

/** Files of `public` that the first page needs. */
const publicFiles = ["/theme.js", "/manifest.webmanifest", "/icons/parley.svg"]

export const appFiles = (): Plugin => ({
  name: "parley:app-files",
  apply: "build",
  generateBundle: {
    // After Vite has taken out the chunks that were nothing but styles: a worker that is told of a file that is not there is never installed.
    order: "post",
    handler(_options, bundle) {
      const first = new Set([...firstLoadOf(bundle), ...closureOf(bundle, ["design/Toasts.tsx"])])
      const files = ["/", ...[...first].map((file) => `/${file}`), ...publicFiles]
      const later = laterOf(bundle, first).map((file) => `/${file}`)
      const version = createHash("sha256")
        .update(JSON.stringify([files, later]))
        .digest("hex")
        .slice(0, 12)
      const worker = bundle["sw.js"]
      if (worker?.type !== "chunk") throw new Error("the build has no sw.js")
      worker.code = worker.code
        .replace(/"__PARLEY_FILES__"|`__PARLEY_FILES__`/, JSON.stringify(JSON.stringify(files)))
        .replace(/"__PARLEY_LATER__"|`__PARLEY_LATER__`/, JSON.stringify(JSON.stringify(later)))
        .replace("__PARLEY_VERSION__", version)
      for (const [fileName, path] of diagramFiles) {
        this.emitFile({ type: "asset", fileName, source: readFileSync(fileURLToPath(path)) })
      }
    }
  }
})

/** The frame's script and Mermaid, whole and as a classic script: a frame of an opaque origin may load no modules. */
const diagramFiles = [
  ["diagram/index.html", new URL("../diagram/index.html", import.meta.url)],
  ["diagram/frame.js", new URL("../diagram/frame.js", import.meta.url)],
  ["diagram/mermaid.js", new URL("../node_modules/mermaid/dist/mermaid.min.js", import.meta.url)]
] as const

/** All that the worker fetches for later, as it stands on the disk, in bytes: some 400 KB on the wire. */
const maxLaterBytes = 1_500_000

/** The app's other scripts and styles, and the fonts of formulas: its own parts first, by which one gets on, then what libraries have. Diagrams are too large. */
const laterOf = (bundle: Rolldown.OutputBundle, first: ReadonlySet<string>): ReadonlyArray<string> => {
  const own = closureOf(bundle, ["/src/app/", "/src/design/", "/src/features/", "/src/i18n/"])
  const isKept = (name: string) => name.startsWith("assets/") && /\.(js|css)$|\/KaTeX_.*\.woff2$/.test(name)
  const later = [...new Set([...own, ...Object.keys(bundle)])].filter((name) => isKept(name) && !first.has(name))
  const bytes = later.reduce((sum, name) => {
    const output = bundle[name]
    return sum + (output === undefined ? 0 : (output.type === "chunk" ? output.code : output.source).length)
  }, 0)
  if (bytes > maxLaterBytes) throw new Error(`the worker would keep ${bytes} bytes for later; ${maxLaterBytes} are allowed`)
  return later
}

/** The entry, what it imports at once, and their styles and fonts. */
export const firstLoadOf = (bundle: Rolldown.OutputBundle): ReadonlyArray<string> => {
  const found = closureOf(bundle, ["index.html"])
  // Of the fonts that the style sheet names, a page fetches those whose characters it shows: the Latin upright one.
  for (const name of Object.keys(bundle)) if (/instrument-sans-latin-wght-normal-.*\.woff2$/.test(name)) found.add(name)
  return [...found]
}

/** The chunks of the modules whose paths hold one of these, what they import at once, and their styles and images. */
const closureOf = (bundle: Rolldown.OutputBundle, paths: ReadonlyArray<string>): Set<string> => {
  const found = new Set<string>()
  const visit = (name: string): void => {
    const output = bundle[name]
    if (output === undefined || found.has(name)) return
    found.add(name)
    if (output.type !== "chunk") return
    for (const imported of output.imports) visit(imported)
    const { importedAssets, importedCss } = output.viteMetadata ?? {}
    for (const file of importedCss ?? []) visit(file)
    for (const file of importedAssets ?? []) if (!/\.woff2?$|\.ttf$/.test(file)) visit(file)
  }
  for (const output of Object.values(bundle))
    if (output.type === "chunk" && paths.some((path) => output.facadeModuleId?.includes(path))) visit(output.fileName)
  return found
}
