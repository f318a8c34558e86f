/** `npm run check`: types with Effect's diagnostics, lint, format. All of them run, so that one look shows all faults. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { run } from "./process.mjs"

export const runChecks = async (task) => {
  const compiler = await effectCompiler(task)
  const checks = [
    // Forced: what plain tsc has built says nothing of floating effects.
    ["types", compiler, ["-b", "--force", "--pretty"]],
    ...benchTypes(task, compiler),
    ["lint", join(task.bin, "oxlint"), ["--deny-warnings"]],
    ["format", join(task.bin, "oxfmt"), ["--check"]]
  ]
  const failed = []
  for (const [name, command, args] of checks) {
    const began = Date.now()
    const code = await run(command, args, { cwd: task.root, env: task.env })
    process.stdout.write(`${name}: ${code === 0 ? "ok" : "FAILED"} (${((Date.now() - began) / 1_000).toFixed(1)} s)\n`)
    if (code !== 0) failed.push(name)
  }
  if (failed.length > 0) process.stdout.write(`\nFailed: ${failed.join(", ")}. Format with: npm run format\n`)
  return failed.length === 0 ? 0 : 1
}

/** The benchmarks have dependencies of their own, which are there once `npm run bench` has run. */
const benchTypes = (task, compiler) => {
  if (existsSync(join(task.root, "bench", "node_modules"))) return [["types of bench", compiler, ["-p", "bench", "--pretty"]]]
  process.stdout.write("bench/ is not checked: its dependencies come with its first run (npm run bench).\n")
  return []
}

/** The same compiler as `tsc`, with Effect's diagnostics: an effect that is made but not run is an error. */
const effectCompiler = async (task) => {
  const options = { cwd: task.root, env: task.env, capture: true, quiet: true }
  const found = await run(join(task.bin, "effect-tsgo"), ["get-exe-path"], options)
  if (found.code === 0) return found.output.trim()
  process.stdout.write(
    "Effect's compiler is not there for this platform: plain tsc checks the types, without floating effects.\n"
  )
  return join(task.bin, "tsc")
}
