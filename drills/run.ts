/** `npm run drill -- NAME|all [--seed N] [--runs N] [--clients N] [--minutes N] [--json] [--logs FOLDER]` */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { broken } from "./harness/Drill.ts"
import type { Drill, Report } from "./harness/Drill.ts"
import type { Options } from "./harness/Options.ts"
import { readOptions } from "./harness/Options.ts"
import { print } from "./harness/print.ts"
import { sleep } from "./harness/wait.ts"
import { boundDrills } from "./drills/bounds.ts"
import { gatewayDrills } from "./drills/gateways.ts"
import { networkDrills } from "./drills/network.ts"
import { oddDrills } from "./drills/odds.ts"
import { roomDrills } from "./drills/rooms.ts"
import { runnerDrills } from "./drills/runners.ts"
import { sharedDrills } from "./drills/shared.ts"
import { soak } from "./drills/soak.ts"
import { storeDrills } from "./drills/stores.ts"

const drills: ReadonlyArray<Drill> = [
  ...runnerDrills,
  ...gatewayDrills,
  ...sharedDrills,
  ...storeDrills,
  ...networkDrills,
  ...roomDrills,
  ...oddDrills,
  ...boundDrills
]

/** Not among all: it takes its minutes. */
const named: ReadonlyArray<Drill> = [...drills, soak]

/** Longest that a drill may take beside its minutes. */
const longestMs = 6 * 60_000

/** Its report, also where it breaks or does not end: the table of all is complete, and says so. */
const whole = async (drill: Drill, options: Options): Promise<Report> => {
  const limitMs = longestMs + (drill === soak ? options.minutes * 60_000 : 0)
  const stuck = sleep(limitMs).then(() => broken(drill.name, options, `not over within ${limitMs / 1_000} s`, true))
  const told = (error: unknown, isStuck: boolean): Report => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    return broken(drill.name, options, String(error), isStuck)
  }
  let onFault = (_: unknown): void => undefined
  const fault = new Promise<Report>((resolve) => {
    onFault = (error) => resolve(told(error, true))
  })
  process.once("uncaughtException", onFault)
  return Promise.race([drill.run(options).catch((error: unknown) => told(error, false)), fault, stuck]).finally(() =>
    process.off("uncaughtException", onFault)
  )
}

const main = async (): Promise<number> => {
  const options = readOptions()
  const chosen = options.name === "all" ? drills : named.filter(({ name }) => name === options.name)
  if (chosen.length === 0) {
    const width = Math.max(...named.map(({ name }) => name.length))
    const names = named.map(({ about, name }) => `  ${name.padEnd(width)}  ${about}`)
    process.stderr.write(
      `npm run drill -- NAME|all [--seed N] [--runs N] [--clients N] [--minutes N] [--json] [--logs FOLDER]\n\n${names.join("\n")}\n`
    )
    return 2
  }
  if (process.platform !== "linux") throw new Error("the drills freeze processes and read /proc: they need Linux")
  const reports: Array<Report> = []
  for (const drill of chosen) {
    if (!options.json) process.stderr.write(`${drill.name}: ${drill.about} …\n`)
    const logs = options.logs === undefined ? undefined : join(options.logs, drill.name)
    if (logs !== undefined) mkdirSync(logs, { recursive: true })
    const report = await whole(drill, { ...options, logs })
    reports.push(report)
    if (!options.json && chosen.length > 1) print([report], false)
    if (report.isStuck) break
  }
  print(reports, options.json)
  return reports.every(({ isGood }) => isGood) ? 0 : 1
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))
process.exit(
  await main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    return 1
  })
)
