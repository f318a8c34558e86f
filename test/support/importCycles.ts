import type { SourceFile } from "./SourceFile.ts"

/**
 * Every cycle that a walk in depth meets, once, from its file that is first by name: `a.ts → b.ts → a.ts`. Types are erased before
 * anything is loaded: an `import type` makes no cycle.
 */
export const importCycles = (files: ReadonlyArray<SourceFile>): Array<string> => {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const cycles = new Set<string>()
  const done = new Set<string>()
  const trail: Array<string> = []
  const walk = (path: string) => {
    const at = trail.indexOf(path)
    if (at >= 0) {
      cycles.add(fromFirst(trail.slice(at)))
      return
    }
    if (done.has(path)) return
    trail.push(path)
    for (const { target, typeOnly } of byPath.get(path)?.imports ?? []) {
      if (!typeOnly && target !== undefined && byPath.has(target)) walk(target)
    }
    trail.pop()
    done.add(path)
  }
  for (const { path } of files) walk(path)
  return [...cycles].toSorted()
}

const fromFirst = (cycle: ReadonlyArray<string>): string => {
  const first = cycle.indexOf(cycle.toSorted()[0] ?? "")
  const turned = [...cycle.slice(first), ...cycle.slice(0, first)]
  return [...turned, turned[0]].join(" → ")
}
