import { assert, describe, it } from "@effect/vitest"
import { defaultLimits } from "@parley/providers/ProviderLimits"
import { defaultConversationLimits } from "@parley/runtime/conversations/ConversationLimits"
import { readFileSync } from "node:fs"

const template = readFileSync(new URL("../../../infra/nginx/nginx.conf.template", import.meta.url), "utf8")

describe("the configuration of nginx", () => {
  it("waits for an answer that is not streamed as long as Parley waits for its provider, and for another one after it", () => {
    const seconds = Number(/location \/v1\/ \{[^}]*proxy_read_timeout (\d+)s;/.exec(template)?.[1])
    assert.isAbove(seconds * 1_000, 2 * defaultLimits.headersTimeoutMs)
  })

  it("waits for anything else longer than a command may take, and asks another gateway after one that said nothing", () => {
    const secondsOf = (name: string) => Number(new RegExp(`^    ${name} (\\d+)s;`, "m").exec(template)?.[1])
    assert.isAbove(secondsOf("proxy_read_timeout") * 1_000, defaultConversationLimits.commandTimeoutMs)
    assert.isAbove(secondsOf("proxy_next_upstream_timeout"), secondsOf("proxy_read_timeout"))
  })
})
