/** The faults of an input that does not fit its schema, each with its path. */
import type { Fault } from "@parley/domain/api/Problem"
import { SchemaIssue } from "effect"

/** Most faults that are told of one request. */
export const maxFaults = 20

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** Each once: the members of a union have the same to say of what none of them takes. */
export const faultsOf = (issue: SchemaIssue.Issue, root = ""): ReadonlyArray<Fault> => {
  const faults = new Map<string, Fault>()
  for (const { message, path } of format(issue).issues) {
    const fault = { path: pathText(root, path ?? []), message }
    faults.set(`${fault.path}: ${message}`, fault)
    if (faults.size === maxFaults) break
  }
  return [...faults.values()]
}

/** `content[0].text`, as a person would write it. */
const pathText = (root: string, path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>): string => {
  let text = root
  for (const step of path) {
    const key = typeof step === "object" ? step.key : step
    text += typeof key === "number" ? `[${key}]` : text === "" ? String(key) : `.${String(key)}`
  }
  return text
}
