/** The official client at doors of its own: what its tests begin with. */
import Anthropic from "@anthropic-ai/sdk"
import { afterAll, beforeAll, beforeEach, expect } from "vitest"
import type { Engine } from "../../server/support/engines.ts"
import { doorKeys } from "../../support/doorKeys.ts"
import { startDoors, type Doors } from "../../support/startDoors.ts"

export const messages: Array<Anthropic.MessageParam> = [{ role: "user", content: "Hello" }]
export const ask = { model: "demo/echo-1", max_tokens: 100, messages }
export const path = "/v1/messages"

/** For all tests of a `describe`. */
export const anthropicDoors = (engine: Engine) => {
  let doors: Doors
  let client: Anthropic
  const clientOf = (apiKey: string) => new Anthropic({ baseURL: doors.url, apiKey, maxRetries: 0 })
  beforeAll(async () => {
    doors = await startDoors(engine)
    client = clientOf(doorKeys.member)
  })
  afterAll(() => doors.close())
  beforeEach(() => doors.completions.reset())
  return {
    get doors() {
      return doors
    },
    get client() {
      return client
    },
    clientOf,
    failure: (call: PromiseLike<unknown>) =>
      call.then(
        () => expect.unreachable(),
        (error: unknown) => error
      )
  }
}
