/** The verdict of each drill as a row; what is not as promised is told beneath. */
import type { Report } from "./Drill.ts"

/** A drill that broke has found nothing, which is not the same as zero. */
const count =
  (read: (report: Report) => number) =>
  (report: Report): string =>
    report.runs === 0 ? "–" : String(read(report))

const columns: ReadonlyArray<readonly [string, (report: Report) => string]> = [
  ["drill", (report) => report.drill],
  ["seed", (report) => String(report.seed)],
  ["clients/runs", (report) => `${report.views}/${report.runs}`],
  ["lost", count((report) => report.lost)],
  ["doubled", count((report) => report.doubled)],
  ["wrong bytes", count((report) => report.wrongBytes)],
  ["terminals≠1", count((report) => report.terminalsOff)],
  ["extra calls", count((report) => report.extraCalls)],
  ["fencing", count((report) => report.fencingViolations)],
  ["continued", count((report) => report.continued)],
  ["recovery ms p50/max", ({ recoveryMs }) => (recoveryMs ? `${recoveryMs.p50.toFixed(0)}/${recoveryMs.max.toFixed(0)}` : "–")],
  ["s", (report) => report.seconds.toFixed(0)],
  ["verdict", (report) => (report.isGood ? "good" : "WRONG")]
]

export const print = (reports: ReadonlyArray<Report>, isJson: boolean): void => {
  if (isJson) {
    process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`)
    return
  }
  const rows = [columns.map(([name]) => name), ...reports.map((report) => columns.map(([, read]) => read(report)))]
  const widths = columns.map((_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)))
  const text = rows.map((row) =>
    row
      .map((cell, n) => cell.padEnd(widths[n] ?? 0))
      .join("  ")
      .trimEnd()
  )
  process.stdout.write(`${text.join("\n")}\n`)
  for (const { claims, drill, longest } of reports) {
    if (longest !== undefined) process.stdout.write(`  ${drill}: heard nothing for longest: ${longest}\n`)
    for (const { claim, found, holds } of claims) {
      process.stdout.write(`${holds ? "  " : "✗ "}${drill}: ${claim}${found === undefined ? "" : ` (${found})`}\n`)
    }
  }
}
