/** The recordings in `fixtures/`, by wire and name. Their names say what is in them. */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const folder = (wire: string) => fileURLToPath(new URL(`../fixtures/${wire}/`, import.meta.url))

/** The names of a wire's recordings with that ending, the ending left off. */
export const fixturesOf = (wire: string, ending: ".sse" | ".json"): ReadonlyArray<string> =>
  readdirSync(folder(wire))
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))

export const fixture = (wire: string, name: string, ending: ".sse" | ".json" = ".sse"): Buffer =>
  readFileSync(`${folder(wire)}${name}${ending}`)
