/** Stands in for Vite: what it builds is what stands in the one source. */
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs")
const { join } = require("node:path")

const folder = process.argv[process.argv.indexOf("--outDir") + 1]
const source = readFileSync(join(process.cwd(), "src", "main.tsx"), "utf8")
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, "index.html"), source)
if (source === "broken") {
  process.stderr.write("src/main.tsx: unexpected end of file\n")
  process.exitCode = 1
}
// Until it is told to end.
if (source === "slow") setInterval(() => {}, 60_000)
