import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { formatMoney } from "../../src/features/thread/formatMoney.ts"

beforeEach(() => {
  vi.stubGlobal("navigator", { languages: ["en-US"] })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

it("writes money to the cent, and less than a cent by two digits that say something", () => {
  const nano = 1_000_000_000
  expect([12.345, 1.234, 0.126, 0.01, 0].map((dollars) => formatMoney(dollars * nano))).toEqual([
    "$12.35",
    "$1.23",
    "$0.13",
    "$0.01",
    "$0.00"
  ])
  expect([0.004_56, 0.000_012_3].map((dollars) => formatMoney(dollars * nano))).toEqual(["$0.0046", "$0.000012"])
})
