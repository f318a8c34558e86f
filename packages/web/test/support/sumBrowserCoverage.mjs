/** `node sumBrowserCoverage.mjs FOLDER`: lines and branches of the app's sources that the pages of a run of the browser tests have run. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const folder = resolve(process.argv[2] ?? "coverage/browser")
const web = fileURLToPath(new URL("../..", import.meta.url))
// What vitest counts with, which it brings.
const { resolve: find } = createRequire(createRequire(import.meta.url).resolve("@vitest/coverage-v8"))
const load = (name) => import(pathToFileURL(find(name)).href)
const { mergeScriptCovs } = await load("@bcoe/v8-coverage")
const { convert } = await load("ast-v8-to-istanbul")
const istanbul = await load("@vitest/istanbul-lib-coverage")
const { parseAstAsync } = await import(pathToFileURL(createRequire(join(web, "package.json")).resolve("vite")).href)

// The same files again, with their maps beside them.
const mapped = mkdtempSync(join(tmpdir(), "parley-mapped-"))
const vite = join(web, "node_modules", "vite", "bin", "vite.js")
const args = ["build", "--sourcemap", "hidden", "--outDir", mapped, "--emptyOutDir", "--logLevel", "warn"]
const built = spawnSync(process.execPath, [vite, ...args], {
  cwd: web,
  env: { ...process.env, NODE_ENV: "production" },
  stdio: "inherit"
})
if (built.status !== 0) process.exit(1)

const seen = new Map()
for (const name of readdirSync(folder)) {
  for (const { functions, url } of JSON.parse(readFileSync(join(folder, name), "utf8"))) {
    const file = url.slice(url.lastIndexOf("/") + 1)
    seen.set(file, [...(seen.get(file) ?? []), { scriptId: "0", url: file, functions }])
  }
}
const covered = istanbul.createCoverageMap({})
for (const file of readdirSync(join(mapped, "assets")).filter((name) => name.endsWith(".js"))) {
  // One that only re-exports has no map.
  if (!existsSync(join(mapped, "assets", `${file}.map`))) continue
  const path = join(mapped, "assets", file)
  const code = readFileSync(path, "utf8")
  // A file that no page has asked for: none of it was run.
  const nothing = { functionName: "", isBlockCoverage: true, ranges: [{ startOffset: 0, endOffset: code.length, count: 0 }] }
  const { functions } = mergeScriptCovs(seen.get(file) ?? []) ?? { functions: [nothing] }
  const coverage = { scriptId: "0", url: pathToFileURL(path).href, functions }
  const sourceMap = JSON.parse(readFileSync(`${path}.map`, "utf8"))
  covered.merge(await convert({ ast: parseAstAsync(code), code, wrapperLength: 0, coverage, sourceMap }))
}
rmSync(mapped, { recursive: true, force: true })

/** `web.tsx`, say; undefined for what is not the house's. Sources are told from where the build lay. */
const kindOf = (path) => {
  const [, name, ending] = /\/(web|sdk|domain)\/src\/.*(\.tsx?)$/.exec(path) ?? []
  return name === undefined || path.includes("node_modules") ? undefined : name + ending
}
const sums = new Map()
for (const path of covered.files()) {
  const kind = kindOf(path)
  if (kind === undefined) continue
  const sum = sums.get(kind) ?? istanbul.createCoverageSummary()
  sum.merge(covered.fileCoverageFor(path).toSummary())
  sums.set(kind, sum)
}
for (const [kind, { data }] of sums) {
  const of = ({ covered, total }) => `${((100 * covered) / total).toFixed(1)} % of ${total}`
  process.stdout.write(`${kind}: lines ${of(data.lines)}, branches ${of(data.branches)}, functions ${of(data.functions)}\n`)
}
