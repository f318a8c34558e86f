/** Who answers, and who did not and why, as `/v1` tells it in headers. */
import { noUsage } from "@parley/domain/Usage"
import { describe, expect, it } from "vitest"
import { routeHeaders, RouteTold } from "../../src/routeTold.ts"

const control = { pause: () => undefined, resume: () => undefined }

describe("the headers of an answer", () => {
  it("name whom it did not come from: those that could not be asked, and those that failed", () => {
    const attempts = [
      { target: "two/m", usage: noUsage, failure: "ProviderFailed" },
      { target: "three/m", usage: noUsage }
    ]
    expect(routeHeaders({ attempts, passedOver: ["one/m"] })).toEqual({
      "x-parley-provider": "three/m",
      "x-parley-fallback": "one/m; passed_over, two/m; provider_failed"
    })
    expect(routeHeaders({ attempts: attempts.slice(1) })).toEqual({ "x-parley-provider": "three/m" })
  })

  it("say the same of a stream, of what was told before its first word", () => {
    const told = new RouteTold()
    const passedOver = { type: "provider-switch", from: "one/m", to: "two/m", reason: "passed_over" } as const
    told.see([passedOver], { ...control, target: "two/m" })
    told.see([{ type: "text-delta", text: "Hello" }], { ...control, target: "two/m" })
    expect(told.headers()).toEqual({ "x-parley-provider": "two/m", "x-parley-fallback": "one/m; passed_over" })
  })
})
