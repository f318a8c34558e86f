import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { freshDatabase } from "../../../../test/support/freshDatabase.ts"
import { startOpenaiWire } from "../../../providers/test/wire/openaiWire.ts"
import { answer } from "../../../providers/test/wire/WireServer.ts"
import { createConversation } from "./support/api.ts"
import { connect } from "./support/ChatClient.ts"
import { startParley } from "./support/startParley.ts"

const service = fileURLToPath(new URL("support/followRun.ts", import.meta.url))

describe("an internal service in another process", () => {
  it.live("follows a run over /rpc with a typed client, from the middle to its terminal", () =>
    Effect.gen(function* () {
      const wire = yield* startOpenaiWire
      const database = yield* freshDatabase
      const parley = yield* startParley({
        DATABASE_URL: Redacted.value(database),
        OPENAI_API_KEY: "sk-wire",
        OPENAI_BASE_URL: wire.baseUrl
      })
      const conversation = yield* createConversation(parley, { model: "openai/gpt-5" })
      wire.enqueue(answer(["One, ", "zwei, ", "三."], { holdAfter: 1 }))
      const client = yield* connect(parley.socketUrl, parley.key)
      const accepted = yield* Effect.promise(() =>
        client.command({
          type: "send",
          conversationId: conversation.id,
          clientMessageId: "one",
          content: [{ type: "text", text: "Count." }]
        })
      )
      assert.ok(accepted.type === "accepted" && accepted.run !== null)
      const { runId } = accepted.run

      const lines: Array<string> = []
      const request = yield* wire.received(0)
      const code = yield* Effect.promise(async () => {
        const child = spawn(process.execPath, [service, `${parley.url}/rpc`, parley.key, conversation.id, runId], {
          stdio: ["ignore", "pipe", "inherit"]
        })
        createInterface({ input: child.stdout }).on("line", (line) => {
          lines.push(line)
          if (line === "following") request.release()
        })
        const [exitCode] = await once(child, "close")
        return Number(exitCode)
      })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(JSON.parse(lines.at(-1) ?? "null"), { text: "One, zwei, 三.", terminal: "run-complete" })
    })
  )
})
