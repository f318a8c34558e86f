/** Parley as its own program starts it, with a configuration of two targets at one upstream: the first breaks off, the second goes on. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startParley } from "./parley.ts"
import type { ParleyChild } from "./parley.ts"

/** Every call is to break off in the middle, not to be held back after five: the most that a configuration may say. */
const breakerFailures = 10_000

export const routeName = "best"

export const startParleyWithRoute = async (
  upstreamPort: number,
  models: ReadonlyArray<string>
): Promise<ParleyChild & { readonly removeFiles: () => void }> => {
  const folder = mkdtempSync(join(tmpdir(), "parley-bench-"))
  const removeFiles = () => rmSync(folder, { recursive: true, force: true })
  const names = models.map((model, n) => ({ id: `target-${n}`, name: `target-${n}/${model}` }))
  const file = join(folder, "parley.config.json")
  const provider = { kind: "openai-compatible", baseUrl: `http://127.0.0.1:${upstreamPort}/v1` }
  const price = { input: 1.25, cachedInput: 0.125, output: 10 }
  writeFileSync(
    file,
    JSON.stringify({
      providers: Object.fromEntries(names.map(({ id }) => [id, provider])),
      models: Object.fromEntries(names.map(({ name }) => [name, { price }])),
      routes: { [routeName]: { targets: names.map(({ name }) => ({ model: name })) } },
      limits: { breakerFailures, probeEveryMs: 0 }
    })
  )
  return startParley({ env: { PARLEY_CONFIG_FILE: file } }).then(
    (parley) => ({ ...parley, removeFiles }),
    (error: unknown) => {
      removeFiles()
      throw error
    }
  )
}
