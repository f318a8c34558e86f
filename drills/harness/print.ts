/** The verdict of each drill as a row; what is not as promised is told beneath. */
import type { Report } from "./Drill.ts"

const columns: ReadonlyArray<readonly [string, (report: Report) => string]> = [
  ["drill", (report) => report.drill],
  ["seed", (report) => String(report.seed)],
  ["clients/runs", (report) => `${report.views}/${report.runs}`],
  ["lost", (report) => String(report.lost)],
  ["doubled", (report) => String(report.doubled)],
  ["wrong bytes", (report) => String(report.wrongBytes)],
  ["terminals≠1", (report) => String(report.terminalsOff)],
  ["extra calls", (report) => String(report.extraCalls)],
  ["fencing", (report) => String(report.fencingViolations)],
  ["continued", (report) => String(report.continued)],
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
  for (const { claims, drill } of reports) {
    for (const { claim, found, holds } of claims) {
      process.stdout.write(`${holds ? "  " : "✗ "}${drill}: ${claim}${found === undefined ? "" : ` (${found})`}\n`)
    }
  }
}
