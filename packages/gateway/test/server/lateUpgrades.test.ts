import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { engines } from "./support/engines.ts"

const program = fileURLToPath(new URL("support/releaseUpgrades.ts", import.meta.url))

/** A bound on a hang. */
const processTimeoutMs = 100_000

describe.each(engines)("handshakes decided late, on %s", (engine) => {
  it("are answered, and so is the request whose handler decided them, and the process lives", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, engine], { timeout: processTimeoutMs })
    expect(stdout).toBe("20 of 20\n")
  })
})
