/** Nothing is sticky: what a client has at one gateway it has at every other, and after its gateway is gone. */
import { faultInTheMiddle } from "../harness/Drill.ts"
import type { Drill, Report } from "../harness/Drill.ts"
import type { Load } from "../harness/Load.ts"
import type { Parley } from "../harness/Parley.ts"
import type { Site } from "../harness/Site.ts"

interface Reply {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly cookie: string
}

const ask = async (gateway: Parley, method: string, path: string, cookie: string, body?: object): Promise<Reply> => {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: { cookie, "sec-fetch-site": "same-origin", "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const text = await response.text()
  return {
    status: response.status,
    body: text === "" ? {} : JSON.parse(text),
    cookie: response.headers.get("set-cookie")?.split(";")[0] ?? cookie
  }
}

const sayOnce = (gateway: Parley, conversationId: string, cookie: string): Promise<Reply> =>
  ask(gateway, "POST", `/api/conversations/${conversationId}/messages`, cookie, {
    clientMessageId: "once",
    content: [{ type: "text", text: "once" }],
    reply: false
  })

const anyGateway: Drill = faultInTheMiddle({
  name: "any-gateway",
  about: "a session and a client's message id are good at any gateway, also when the one they were first told to is killed",
  words: 40,
  fault: async (site, load) => ({ claims: await shared(site, load) })
})

const shared = async (site: Site, load: Load): Promise<Report["claims"]> => {
  const [first, second] = site.gateways
  if (first === undefined || second === undefined) throw new Error("there are no two gateways")
  const [conversationId = ""] = await load.createConversations(1)
  const { body: who, cookie, status } = await ask(first, "POST", "/api/session", "", { apiKey: site.key })
  const there = await ask(second, "GET", "/api/session", cookie)
  const said = await Promise.all([first, second].map((gateway) => sayOnce(gateway, conversationId, cookie)))
  await first.stop("SIGKILL")
  const later = await ask(second, "GET", "/api/session", cookie)
  const again = await sayOnce(second, conversationId, cookie)
  await ask(second, "DELETE", "/api/session", cookie)
  const over = await ask(second, "GET", "/api/session", cookie)
  const rows = await site.store.ask("select 1 from messages where conversation_id = $1", [conversationId])
  const seen = [...said, again].map(({ body, status }) => `${status}${body["duplicate"] === true ? " duplicate" : ""}`)
  return [
    {
      claim: "a session that begins at one gateway is one at the other, with the first alive and killed, until it ends",
      holds:
        status === 201 &&
        there.status === 200 &&
        later.status === 200 &&
        isSame(who, there) &&
        isSame(who, later) &&
        over.status === 401,
      found: [status, there.status, later.status, over.status].join(", ")
    },
    {
      claim: "a message that is sent to both at once, and again to the one that is left, is stored once",
      holds: rows.length === 1 && seen.filter((outcome) => outcome.endsWith("duplicate")).length === 2,
      found: `${rows.length} stored; ${seen.join(", ")}`
    }
  ]
}

const isSame = (who: Reply["body"], { body }: Reply): boolean => JSON.stringify(who) === JSON.stringify(body)

export const sharedDrills: ReadonlyArray<Drill> = [anyGateway]
