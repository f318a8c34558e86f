/** Stands in for what `infra/run.mjs start` does first, at the root that is given; then for the start itself. */
import { buildApp } from "../../infra/buildApp.mjs"

const [, , root] = process.argv
const isOfSources = await buildApp({ root, node: process.execPath, env: process.env })
process.stdout.write(`started, ${isOfSources ? "with the app of these sources" : "with what there is"}\n`)
