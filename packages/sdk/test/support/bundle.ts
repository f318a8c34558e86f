/** A program that imports the client, as one file: to be run elsewhere, or measured. */
import { fileURLToPath } from "node:url"
import { build } from "vite"

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The server that the README's examples name. */
const serverOfExamples = "https://chat.example.com"

export const exampleOf = (name: string): string => JSON.stringify(file(`../../examples/${name}.ts`))

interface BundleOptions {
  /** The client that is installed in `root`, and not its source. */
  readonly isInstalled?: boolean
  /** Of other modules that it imports, by name. */
  readonly modules?: Readonly<Record<string, string>>
  /** Where those come from that it imports by other names. */
  readonly root?: string
  /** What stands for the server that the README's examples name. */
  readonly serverUrl?: string
  /** Global that what is exported is kept in; a module unless told. */
  readonly global?: string
}

export const bundle = async (code: string, options: BundleOptions = {}) => {
  const { global, isInstalled = false, modules, root = file("../.."), serverUrl = serverOfExamples } = options
  const virtual = new Map(Object.entries({ ...modules, "virtual:entry": code }))
  const source = file("../../src/sdk.ts")
  const result = await build({
    root,
    configFile: false,
    logLevel: "silent",
    plugins: [
      {
        name: "program",
        enforce: "pre",
        resolveId: (id) => (virtual.has(id) ? `\0${id}` : id === "@parley/sdk" && !isInstalled ? source : null),
        load: (id) => virtual.get(id.slice(1)),
        // Unlike the package they lie in, examples may be there for what they do and not for what they export.
        transform: (text, id) =>
          id.includes("/sdk/examples/")
            ? { code: text.replaceAll(serverOfExamples, serverUrl), map: null, moduleSideEffects: true }
            : null
      }
    ],
    // Else as the tests have it, and React would come as for its developers.
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
    resolve: { dedupe: ["react"] },
    build: {
      write: false,
      minify: true,
      target: "es2022",
      rolldownOptions: {
        input: "virtual:entry",
        preserveEntrySignatures: "strict",
        output: global === undefined ? { format: "es" } : { format: "iife", name: global }
      }
    }
  })
  const outputs = Array.isArray(result) ? result : [result]
  const chunks = outputs.flatMap((one) => ("output" in one ? one.output : [])).filter((one) => one.type === "chunk")
  return {
    code: chunks.map((one) => one.code).join("\n"),
    modules: chunks.flatMap((one) => Object.keys(one.modules)),
    imports: chunks.flatMap((one) => one.imports)
  }
}
