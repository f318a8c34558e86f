/**
 * Builds the browser app (packages/web) unless what stands in its `dist` was made from these very sources. A build that fails does not
 * keep the server from starting: it then serves what was built last, or its small page; one that is interrupted throws, as nothing is to be started then.
 * The answer tells whether `dist` is of these sources.
 */
import { createHash } from "node:crypto"
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { run } from "./process.mjs"

/** From the root: what the app is made of. */
const sources = ["pnpm-lock.yaml", "packages/web", "packages/sdk/src", "packages/domain/src"]
const skipped = new Set(["node_modules", "dist", "test", "demo"])
const stampName = ".built.json"

export const buildApp = async (task) => {
  const folder = join(task.root, "packages", "web")
  const dist = join(folder, "dist")
  const key = keyOf(task.root)
  if (readStamp(dist) === key) return true
  const began = Date.now()
  process.stderr.write("Building the browser app …\n")
  // Beside the old one, which is served until the new one is whole.
  const fresh = join(folder, `dist.${process.pid}`)
  const vite = join(folder, "node_modules", "vite", "bin", "vite.js")
  const built = await run(task.node, [vite, "build", "--outDir", fresh, "--emptyOutDir", "--logLevel", "warn"], {
    cwd: folder,
    env: { ...task.env, NODE_ENV: "production" },
    capture: true,
    quiet: true
  })
  if (built.code !== 0 || built.interrupted) rmSync(fresh, { recursive: true, force: true })
  if (built.interrupted) throw new Error("The build of the browser app was interrupted; the next start makes it anew.")
  if (built.code !== 0) {
    const now = existsSync(join(dist, "index.html"))
      ? "the last one that was built is served"
      : "the small page is served instead"
    process.stderr.write(`${built.output}\nThe browser app could not be built; ${now}.\n`)
    return false
  }
  writeFileSync(join(fresh, stampName), JSON.stringify({ key }))
  rmSync(dist, { recursive: true, force: true })
  renameSync(fresh, dist)
  process.stderr.write(`The browser app is built (${((Date.now() - began) / 1_000).toFixed(1)} s)\n`)
  return true
}

const keyOf = (root) => {
  const hash = createHash("sha256")
  for (const source of sources)
    for (const file of filesOf(join(root, source)).sort()) hash.update(file.slice(root.length)).update(readFileSync(file))
  return hash.digest("hex")
}

const filesOf = (path) => {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => !skipped.has(name) && !name.startsWith("dist."))
    .flatMap(({ name }) => filesOf(join(path, name)))
}

const readStamp = (dist) => {
  try {
    return JSON.parse(readFileSync(join(dist, stampName), "utf8")).key
  } catch {
    return undefined
  }
}
