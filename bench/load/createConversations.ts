/** New conversations through the HTTP API; their ids. */
import { inParallel } from "./inParallel.ts"

const width = 16

export const createConversations = (port: number, key: string, count: number): Promise<Array<string>> =>
  inParallel(width, Array.from({ length: count }), async (_, i) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/conversations`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ title: `bench ${i}` })
    })
    const body = (await answer.json()) as { id?: unknown }
    if (typeof body.id !== "string") throw new Error(`no conversation: ${answer.status} ${JSON.stringify(body)}`)
    return body.id
  })
