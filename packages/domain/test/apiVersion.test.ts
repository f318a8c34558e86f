import { assert, it } from "@effect/vitest"
import { OpenApi } from "effect/http-api"
import { readFileSync } from "node:fs"
import { ParleyApi } from "../src/api/ParleyApi.ts"

it("the API's description has the package's version", () => {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  assert.include(manifest, `"version": "${OpenApi.fromApi(ParleyApi).info.version}"`)
})
