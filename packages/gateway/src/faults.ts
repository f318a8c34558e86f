/** The faults of an input that does not fit its schema, each with its path. */
import type { Fault } from "@parley/domain/api/Problem"
import { SchemaIssue } from "effect"

/** Most faults that are told of one request. */
export const maxFaults = 20

const format = SchemaIssue.makeFormatterStandardSchemaV1()

export const faultsOf = (issue: SchemaIssue.Issue, root = ""): ReadonlyArray<Fault> =>
  format(issue)
    .issues.slice(0, maxFaults)
    .map(({ message, path }) => ({ path: pathText(root, path ?? []), message }))

/** `content[0].text`, as a person would write it. */
const pathText = (root: string, path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>): string => {
  let text = root
  for (const step of path) {
    const key = typeof step === "object" ? step.key : step
    text += typeof key === "number" ? `[${key}]` : text === "" ? String(key) : `.${String(key)}`
  }
  return text
}
