/** Which model a message calls by name. */
import { describe, expect, it } from "vitest"
import type { UserContent } from "../../src/client/sdk.ts"
import { askOf } from "../../src/features/rooms/askOf.ts"

const models = ["openai/gpt-5", "openai/gpt-5-mini", "best", "best/of-all"]
const said = (text: string): UserContent => [{ type: "text", text }]
const modelOf = (text: string) => askOf(said(text), false, models).model

describe("a model that is called", () => {
  it("is one that can be asked, whatever else stands after an @", () => {
    expect(modelOf("How do I use @tanstack/react-query?")).toBeUndefined()
    expect(modelOf("@someone look at this")).toBeUndefined()
    expect(modelOf("Ask @tanstack/react-query, or rather @openai/gpt-5.")).toBe("openai/gpt-5")
  })

  it("may be a route or an alias, which has no provider before it", () => {
    expect(modelOf("@best what do you say?")).toBe("best")
    expect(modelOf("What do you say, @Best?")).toBe("best")
  })

  it("is the one with the longest name that stands there, and never the beginning of a longer one", () => {
    expect(modelOf("@openai/gpt-5-mini hello")).toBe("openai/gpt-5-mini")
    expect(modelOf("@best/of-all hello")).toBe("best/of-all")
    for (const longer of ["@bestie hello", "@best-friend hello", "@openai/gpt-5.5 hello", "@best/other hello"])
      expect(modelOf(longer)).toBeUndefined()
  })

  it("is not called by an @ within a word", () => {
    expect(modelOf("write to me@best or x@openai/gpt-5")).toBeUndefined()
  })

  it("alone answers in a room, where nobody is called no model does", () => {
    expect(askOf(said("@best hello"), true, models)).toEqual({ content: said("@best hello"), model: "best" })
    expect(askOf(said("hello all"), true, models)).toEqual({ content: said("hello all"), reply: false })
    expect(askOf(said("hello"), false, models)).toEqual({ content: said("hello") })
  })
})
