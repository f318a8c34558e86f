/**
 * Vitest takes the projects by their names, which leaves the longest files, those with browsers and programs, to the end: there a last one would run
 * alone. With theirs first it is short ones that the workers end with. Within a project it stays as it is: what took longest the last time, or else
 * the largest, comes first.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node"

const first = ["web", "cli"]

export class BrowsersFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const rank = ({ project }: TestSpecification) => (first.includes(project.name) ? first.indexOf(project.name) : first.length)
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}
