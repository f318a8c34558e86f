/** Loaded before the program: told SIGUSR2, it collects its garbage and says what it takes then. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc")
const MiB = 1024 * 1024

process.on("SIGUSR2", () => {
  // Twice: what the first finalises, the second frees.
  collect()
  collect()
  const { external, heapTotal, heapUsed, rss } = process.memoryUsage()
  const memory = {
    heldMiB: (heapUsed + external) / MiB,
    heapMiB: heapTotal / MiB,
    externalMiB: external / MiB,
    residentMiB: rss / MiB
  }
  process.stdout.write(`${JSON.stringify({ message: "memory after collection", ...memory })}\n`)
})
