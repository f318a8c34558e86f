/** What may become of a gateway, and a rolling restart of everything. */
import { faultInTheMiddle } from "../harness/Drill.ts"
import type { Drill } from "../harness/Drill.ts"
import { Front } from "../harness/Front.ts"
import type { Load } from "../harness/Load.ts"
import { answerText } from "../harness/Provider.ts"
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

/** As long as a frozen one is expected to be noticed in. */
const frozenForMs = 12_000
/** After it woke, what it follows for its clients may take so long to be there again. */
const awakeWithinMs = 10_000

const frozen: Drill = faultInTheMiddle({
  name: "gateway-freeze",
  about: "a gateway is frozen with SIGSTOP for 12 s, and woken; twice",
  words: 350,
  fault: async (site) => {
    const victim = site.random.pick(site.gateways)
    for (let round = 0; round < 2; round++) {
      victim.signal("SIGSTOP")
      await sleep(frozenForMs)
      victim.signal("SIGCONT")
      await sleep(2_000)
    }
    return {}
  },
  after: async (site, load) => {
    const silences = load.turns.flatMap(({ views }) => views.map((view) => view.longestSilence(0).ms))
    const longest = Math.max(...silences)
    const mostMs = frozenForMs + awakeWithinMs
    return [
      ...noTakeOvers(site),
      { claim: `nobody hears nothing for more than ${mostMs} ms`, holds: longest <= mostMs, found: `${longest.toFixed(0)} ms` }
    ]
  }
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
/** Between two looks whether a gateway is ready. */
const lookEveryMs = 50

/** One request in so many writes, one asks a model beside all conversations; the others read. */
const oneWriteIn = 3
const oneCompletionIn = 8
/** Of a completion; it takes longer than a gateway goes on after it is not ready any more. */
const completionWords = 40

interface Asked {
  requests: number
  completions: number
  /** Remarks that were accepted. */
  accepted: number
  readonly failures: Array<string>
}

/** Reads, writes and completions through the front, as long as `isOver` is false. */
const askThrough = async (front: Front, site: Site, conversation: string, asked: Asked, isOver: () => boolean) => {
  const headers = { authorization: `Bearer ${site.key}`, "content-type": "application/json" }
  for (let n = 0; !isOver(); n++) {
    if (n % oneCompletionIn === oneCompletionIn - 1) {
      asked.completions++
      await complete(front, site, `${conversation}-${n}`).catch((error: unknown) => asked.failures.push(String(error)))
      continue
    }
    const isWrite = n % oneWriteIn === 0
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
      else if (isWrite) asked.accepted++
    } catch (error) {
      asked.failures.push(String(error))
    }
    await sleep(askEveryMs)
  }
}

/** A streamed answer that no conversation keeps: nobody can continue it, so it must not be cut off. */
const complete = async (front: Front, site: Site, name: string): Promise<void> => {
  const response = await fetch(`${front.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${site.key}`, "content-type": "application/json" },
    body: JSON.stringify({
      model: "openai/gpt-5",
      stream: true,
      messages: [{ role: "user", content: `drill ${name} ${completionWords}` }]
    })
  })
  const body = await response.text()
  if (!response.ok) throw new Error(`completion: ${response.status} ${body.slice(0, 200)}`)
  const text = [...body.matchAll(/^data: (\{.*)$/gm)]
    .map(([, data = ""]) => JSON.parse(data).choices[0]?.delta.content ?? "")
    .join("")
  if (text !== answerText(name, completionWords)) throw new Error(`completion: not the answer, ${text.length} characters`)
}

/** When a gateway was first seen to be not ready, asked until it is over. */
const notReadySince = async (gateway: Parley): Promise<number | undefined> => {
  while (!gateway.isOver) {
    const response = await fetch(`${gateway.url}/health/ready`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.status === 503) return performance.now()
    await sleep(lookEveryMs)
  }
  return undefined
}

/** Each gateway was not ready before it told anybody to go, and told a time over which to come back. */
const goAwayClaims = (load: Load, notReady: ReadonlyMap<string, number | undefined>) => {
  const told = load.sockets.flatMap(({ goAways }) => goAways)
  const leads = told.map(({ atMs, url }) => atMs - (notReady.get(url) ?? Number.POSITIVE_INFINITY))
  return [
    {
      claim: "gateways are not ready before they tell sockets to go",
      holds: told.length > 0 && Math.min(...leads) > 0,
      found: `${told.length} sockets were told, at least ${Math.min(...leads).toFixed(0)} ms after`
    },
    {
      claim: "and give them a time over which to come back",
      holds: told.every(({ withinMs }) => withinMs > 0),
      found: [...new Set(told.map(({ withinMs }) => `${withinMs} ms`))].join(", ")
    }
  ]
}

const rolling: Drill = faultInTheMiddle({
  name: "rolling-restart",
  about: "every gateway and every runner is replaced, one after the other, under load; no request fails",
  words: 450,
  site: { env: { PARLEY_DRAIN_TIMEOUT_MS: "2000" } },
  fault: async (site, load) => {
    const front = new Front(() => site.gateways)
    await front.listen()
    const asked: Asked = { requests: 0, completions: 0, accepted: 0, failures: [] }
    let isOver = false
    const rooms = await load.createConversations(askers)
    const asking = rooms.map((room) => askThrough(front, site, room, asked, () => isOver))
    const codes: Array<number | null> = []
    const notReady = new Map<string, number | undefined>()
    const replace = async (old: Parley): Promise<void> => {
      await (old.role === "gateway" ? site.startGateway() : site.startRunner())
      if (old.role === "runner") await site.settled(site.openRunners.length)
      const looking = old.role === "gateway" ? notReadySince(old) : undefined
      codes.push(await old.stop("SIGTERM"))
      if (looking !== undefined) notReady.set(`${old.url.replace(/^http/, "ws")}/ws`, await looking)
    }
    for (const old of [...site.runners, ...site.gateways]) await replace(old)
    isOver = true
    await Promise.all(asking)
    await front.close()
    const [row] = await site.store.ask<{ stored: number }>(
      "select count(*)::int as stored from messages where content::json->0->>'text' like 'remark %'"
    )
    return {
      claims: [
        ...goAwayClaims(load, notReady),
        { claim: "every accepted remark is stored, once", holds: row?.stored === asked.accepted, found: `${row?.stored}` },
        {
          claim: "no request fails",
          holds: asked.failures.length === 0,
          found:
            `${asked.requests} requests and ${asked.completions} completions, ${asked.failures.length} failures ${asked.failures.slice(0, 3).join("; ")}`.trim()
        },
        { claim: "every process ends with 0", holds: codes.every((code) => code === 0), found: codes.join(", ") }
      ]
    }
  },
  after: async (_, load) => closeCodes(load, [4000])
})

export const gatewayDrills: ReadonlyArray<Drill> = [killed, frozen, rolling]
