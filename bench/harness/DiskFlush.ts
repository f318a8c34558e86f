/** What the disk under the benchmarks' databases takes to keep a page, as Postgres has it kept at a commit: the floor of whatever is durable. */
import { closeSync, fdatasyncSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Histogram } from "./Statistics.ts"
import { nowMicros } from "./Token.ts"

const pageBytes = 8 * 1024
/** Written before, as Postgres' log is, so that no flush has to make the file longer. */
const pages = 256
const flushes = 500

export const diskFlush = (): Histogram => {
  const folder = mkdtempSync(join(tmpdir(), "parley-flush-"))
  const file = openSync(join(folder, "log"), "w")
  try {
    const page = Buffer.alloc(pageBytes, 1)
    for (let i = 0; i < pages; i++) writeSync(file, page, 0, pageBytes, i * pageBytes)
    fsyncSync(file)
    const histogram = new Histogram()
    for (let i = 0; i < flushes; i++) {
      const startedAt = nowMicros()
      writeSync(file, page, 0, pageBytes, (i % pages) * pageBytes)
      fdatasyncSync(file)
      histogram.add(nowMicros() - startedAt)
    }
    return histogram
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true, force: true })
  }
}
