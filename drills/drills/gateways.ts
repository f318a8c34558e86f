/** What may become of a gateway, and a rolling restart of everything. */
import { faultInTheMiddle } from "../harness/Drill.ts"
import type { Drill } from "../harness/Drill.ts"
import { Front } from "../harness/Front.ts"
import type { Load } from "../harness/Load.ts"
import type { Parley } from "../harness/Parley.ts"
import type { Site } from "../harness/Site.ts"
import { sleep } from "../harness/wait.ts"

const killed: Drill = faultInTheMiddle({
  name: "gateway-kill",
  about: "a gateway is killed with -9; its clients come back over the other",
  fault: async (site) => {
    await site.random.pick(site.gateways).stop("SIGKILL")
    return {}
  },
  after: async (site, load) => [...noTakeOvers(site), ...closeCodes(load, [1006])]
})

const noTakeOvers = (site: Site) => {
  const taken = site.runLines.filter(({ kind }) => kind === "taken").length
  return [{ claim: "no run notices", holds: taken === 0, found: `${taken} were taken over` }]
}

const closeCodes = (load: Load, expected: ReadonlyArray<number>) => {
  const codes = new Set(load.sockets.flatMap(({ closes }) => closes))
  const wrong = [...codes].filter((code) => !expected.includes(code))
  return [
    {
      claim: `sockets are closed with ${expected.join(" or ")} only`,
      holds: wrong.length === 0,
      found: codes.size === 0 ? "none was closed" : [...codes].join(", ")
    }
  ]
}

/** Clients of HTTP under load, and the pause of each between two requests. */
const askers = 6
const askEveryMs = 60

interface Asked {
  requests: number
  readonly failures: Array<string>
}

/** Reads and writes through the front, as long as `isOver` is false. */
const askThrough = async (front: Front, site: Site, conversation: string, asked: Asked, isOver: () => boolean) => {
  const headers = { authorization: `Bearer ${site.key}`, "content-type": "application/json" }
  for (let n = 0; !isOver(); n++) {
    const isWrite = n % 3 === 0
    const path = isWrite ? `/api/conversations/${conversation}/messages` : `/api/conversations/${conversation}`
    const body = JSON.stringify({
      clientMessageId: `${conversation}-${n}`,
      content: [{ type: "text", text: `remark ${n}` }],
      reply: false
    })
    asked.requests++
    try {
      const response = await fetch(`${front.url}${path}`, isWrite ? { method: "POST", headers, body } : { headers })
      const text = await response.text()
      if (!response.ok) asked.failures.push(`${isWrite ? "POST" : "GET"} ${response.status} ${text.slice(0, 200)}`)
    } catch (error) {
      asked.failures.push(String(error))
    }
    await sleep(askEveryMs)
  }
}

const rolling: Drill = faultInTheMiddle({
  name: "rolling-restart",
  about: "every gateway and every runner is replaced, one after the other, under load; no request fails",
  words: 450,
  site: { env: { PARLEY_DRAIN_TIMEOUT_MS: "2000" } },
  fault: async (site, load) => {
    const front = new Front(() => site.gateways)
    await front.listen()
    const asked: Asked = { requests: 0, failures: [] }
    let isOver = false
    const rooms = await load.createConversations(askers)
    const asking = rooms.map((room) => askThrough(front, site, room, asked, () => isOver))
    const codes: Array<number | null> = []
    const replace = async (old: Parley): Promise<void> => {
      await (old.role === "gateway" ? site.startGateway() : site.startRunner())
      if (old.role === "runner") await site.settled(site.openRunners.length)
      codes.push(await old.stop("SIGTERM"))
    }
    for (const old of [...site.runners, ...site.gateways]) await replace(old)
    isOver = true
    await Promise.all(asking)
    await front.close()
    return {
      claims: [
        {
          claim: "no request fails",
          holds: asked.failures.length === 0,
          found: `${asked.requests} requests, ${asked.failures.length} failures ${asked.failures.slice(0, 3).join("; ")}`.trim()
        },
        { claim: "every process ends with 0", holds: codes.every((code) => code === 0), found: codes.join(", ") }
      ]
    }
  },
  after: async (_, load) => closeCodes(load, [4000])
})

export const gatewayDrills: ReadonlyArray<Drill> = [killed, rolling]
