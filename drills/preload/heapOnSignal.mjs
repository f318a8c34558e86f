/** Loaded before the program: told SIGUSR2, it collects its garbage and says what is left. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc")
const MiB = 1024 * 1024

process.on("SIGUSR2", () => {
  // Twice: what the first finalises, the second frees.
  collect()
  collect()
  const { external, heapUsed } = process.memoryUsage()
  process.stdout.write(`${JSON.stringify({ message: "heap after collection", heldMiB: (heapUsed + external) / MiB })}\n`)
})
