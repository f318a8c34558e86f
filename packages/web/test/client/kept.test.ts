/** Which conversations this device keeps for when there is no network. */
import { describe, expect, it } from "vitest"
import { toForget } from "../../src/client/kept.ts"

describe("conversations that are kept", () => {
  it("make room by when they were seen last, however old they are", () => {
    const seen = { cnv_1: 30, cnv_2: 10, cnv_3: 20 }
    expect(toForget(["cnv_3", "cnv_2", "cnv_1"], seen, 2)).toEqual(["cnv_2"])
    expect(toForget(["cnv_3", "cnv_2", "cnv_1"], seen, 1)).toEqual(["cnv_2", "cnv_3"])
  })

  it("of which it is not known go first, the oldest before the others", () => {
    expect(toForget(["cnv_9", "cnv_4", "cnv_1"], { cnv_1: 1 }, 1)).toEqual(["cnv_4", "cnv_9"])
  })

  it("all stay while there is room", () => {
    expect(toForget(["cnv_1", "cnv_2"], {}, 2)).toEqual([])
  })
})
