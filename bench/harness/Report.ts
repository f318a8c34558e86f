/** What a benchmark found: rows for people, one object for programs, and the asked figures beside the measured ones. */
import { machine } from "./Machine.ts"

export interface Target {
  readonly name: string
  readonly asked: number
  /** Whether a smaller or a larger figure is better. */
  readonly bound: "at most" | "at least"
  readonly measured: number
  readonly unit: string
}

export interface Section {
  readonly title: string
  /** One object a row; the keys of the first are the columns. */
  readonly rows: ReadonlyArray<Record<string, string | number>>
}

export interface Report {
  readonly benchmark: string
  readonly sections: ReadonlyArray<Section>
  readonly targets: ReadonlyArray<Target>
  /** What a reader must know to judge the figures. */
  readonly notes: ReadonlyArray<string>
}

const isMet = (target: Target): boolean =>
  target.bound === "at most" ? target.measured <= target.asked : target.measured >= target.asked

/** Three significant figures, or whole numbers past a hundred. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return "–"
  const size = Math.abs(value)
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2)
}

const cell = (value: string | number | undefined): string => (typeof value === "number" ? figure(value) : (value ?? ""))

const table = (rows: Section["rows"]): string => {
  const columns = Object.keys(rows[0] ?? {})
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))]
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? "").length)))
  return lines
    .map((line) =>
      line
        .map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

const asText = (report: Report): string => {
  const { cpu, cores, node, pinned } = machine
  return [
    `${report.benchmark}: ${cpu}, ${cores} cores, Node ${node}, ${pinned ? "server and load on a core each" : "nothing pinned"}, ${machine.date}`,
    ...report.sections.map((section) => `${section.title}\n${table(section.rows)}`),
    ...(report.targets.length === 0
      ? []
      : [
          `targets\n${table(
            report.targets.map((target) => ({
              target: target.name,
              asked: `${target.bound} ${target.asked} ${target.unit}`,
              measured: `${figure(target.measured)} ${target.unit}`,
              "": isMet(target) ? "met" : "MISSED"
            }))
          )}`
        ]),
    ...report.notes
  ].join("\n\n")
}

const asJson = (report: Report): string =>
  JSON.stringify({ ...report, machine, targets: report.targets.map((target) => ({ ...target, met: isMet(target) })) }, null, 2)

export const print = (report: Report, json: boolean): void => {
  process.stdout.write(`${json ? asJson(report) : asText(report)}\n`)
}
