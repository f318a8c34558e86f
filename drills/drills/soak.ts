/** Minutes of chance under load: runners and gateways are killed, stopped and frozen as the seed says. Nothing is lost, and memory comes back. */
import type { Drill } from "../harness/Drill.ts"
import { preload } from "../harness/preload.ts"
import { Load } from "../harness/Load.ts"
import type { Memory, Parley } from "../harness/Parley.ts"
import { Site } from "../harness/Site.ts"
import { isSound, verdictOf } from "../harness/Verdict.ts"
import type { Verdict } from "../harness/Verdict.ts"
import { sleep } from "../harness/wait.ts"

/** Rooms in which somebody always asks, and the length of an answer in words of 100 ms. */
const rooms = 30
const leastWords = 20
const mostWords = 120
/** Between two faults. */
const leastCalmMs = 8_000
const mostCalmMs = 20_000
const frozenForMs = 8_000
/** Load without faults, after which memory is looked at first: caches and code are warm then. */
const warmUpMs = 45_000
/** After the last answer: conversations leave memory, garbage is collected. */
const settleMs = 40_000
const endTimeoutMs = 60_000
/** Between two looks at memory under load, and how many a third of them must have to be compared. */
const lookEveryMs = 120_000
const leastLooksOfThird = 1
/** What running answers and conversations that have not left yet differ by from look to look. */
const trendToleranceMiB = 8
/** What a survivor may hold more than after its warm-up: code that was compiled meanwhile. */
const heldToleranceMiB = 16
/** Of resident memory, of which V8 and the allocator give back as much as they like. */
const toleranceMiB = 60
const toleranceShare = 0.25

type Act = "SIGKILL" | "SIGTERM" | "freeze"
const acts: ReadonlyArray<Act> = ["SIGKILL", "SIGKILL", "SIGTERM", "freeze"]

export const soak: Drill = {
  name: "soak",
  about: "random faults of runners and gateways under load, for --minutes; two of each are there, one of each is never hurt",
  run: async (options) => {
    const began = performance.now()
    const site = await Site.open(options, {
      env: { PARLEY_DRAIN_TIMEOUT_MS: "3000", NODE_OPTIONS: preload("heapOnSignal") }
    })
    const load = new Load(site, options.clients)
    try {
      const [survivingGateway, survivingRunner] = [site.gateways[0], site.runners[0]]
      if (survivingGateway === undefined || survivingRunner === undefined) throw new Error("nobody survives")
      const survivors = [survivingGateway, survivingRunner]
      let isOver = false
      const asking = load.askOn(
        await load.createConversations(rooms),
        () => Math.floor(site.clientRandom.between(leastWords, mostWords)),
        () => isOver
      )
      await sleep(warmUpMs)
      const before = await Promise.all(survivors.map((survivor) => survivor.memory()))
      const looking = lookOn(survivors, () => isOver)
      const faults: Record<string, number> = {}
      const endAtMs = performance.now() + options.minutes * 60_000
      while (performance.now() < endAtMs) {
        await sleep(site.random.between(leastCalmMs, mostCalmMs))
        const act = site.random.pick(acts)
        const role = site.random.next() < 0.65 ? "runner" : "gateway"
        const victim = (role === "runner" ? site.openRunners : site.openGateways).find((one) => !survivors.includes(one))
        if (victim === undefined) continue
        faults[`${role} ${act}`] = (faults[`${role} ${act}`] ?? 0) + 1
        await hurt(site, victim, act)
      }
      isOver = true
      await asking
      const looks = await looking
      await load.ended(endTimeoutMs)
      const verdict = await verdictOf(site, load, 0, new Set(load.turns.map(({ runId }) => runId)))
      load.close()
      await sleep(settleMs)
      const after = await Promise.all(survivors.map((survivor) => survivor.memory()))
      const claims = survivors.flatMap(({ name }, n) => [
        ...memoryClaims(name, before[n], after[n]),
        ...trendClaims(name, [before[n], ...looks.map((look) => look[n])])
      ])
      const said = Object.entries(faults).map(([name, count]) => `${count} × ${name}`)
      return reportOf(verdict, {
        seed: options.seed,
        clients: options.clients,
        claims: [{ claim: "faults", holds: true, found: said.join(", ") }, ...claims],
        seconds: (performance.now() - began) / 1_000
      })
    } finally {
      load.close()
      await site.close()
    }
  }
}

type Rest = Pick<Awaited<ReturnType<Drill["run"]>>, "seed" | "clients" | "claims" | "seconds">

const reportOf = (verdict: Verdict, rest: Rest): Awaited<ReturnType<Drill["run"]>> => ({
  drill: "soak",
  ...verdict,
  ...rest,
  isGood: isSound(verdict) && rest.claims.every(({ holds }) => holds)
})

/** Under load, after a collection each; one every two minutes. */
const lookOn = async (survivors: ReadonlyArray<Parley>, isOver: () => boolean): Promise<ReadonlyArray<ReadonlyArray<Memory>>> => {
  const looks: Array<ReadonlyArray<Memory>> = []
  let nextAtMs = performance.now() + lookEveryMs
  while (!isOver()) {
    if (performance.now() >= nextAtMs) {
      nextAtMs += lookEveryMs
      looks.push(await Promise.all(survivors.map((survivor) => survivor.memory())))
    }
    await sleep(500)
  }
  return looks
}

/** What slowly grows is not what warms up: by the last third it has stopped. A soak that is too short for that claims nothing of it. */
const trendClaims = (name: string, looks: ReadonlyArray<Memory | undefined>): Rest["claims"] => {
  const held = looks.map((look) => look?.heldMiB ?? 0)
  const third = Math.floor(held.length / 3)
  if (third < leastLooksOfThird) return []
  const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const middle = mean(held.slice(-2 * third, -third))
  const last = mean(held.slice(-third))
  return [
    {
      claim: `what ${name} holds under load does not rise from the second third to the last by more than ${trendToleranceMiB} MiB`,
      holds: last - middle <= trendToleranceMiB,
      found: held.map((value) => value.toFixed(0)).join(", ")
    }
  ]
}

/** Both after a collection: what garbage waits for one differs by chance. */
const memoryClaims = (name: string, was: Memory | undefined, is: Memory | undefined): Rest["claims"] => {
  if (was === undefined || is === undefined) return []
  const parts = `${is.heapMiB.toFixed(0)} MiB heap, ${is.externalMiB.toFixed(0)} MiB beside it`
  return [
    comesBack(`what ${name} holds`, was.heldMiB, is.heldMiB, was.heldMiB + heldToleranceMiB),
    comesBack(
      `the resident memory of ${name} (${parts})`,
      was.residentMiB,
      is.residentMiB,
      was.residentMiB * (1 + toleranceShare) + toleranceMiB
    )
  ]
}

const comesBack = (what: string, was: number, is: number, bound: number): Rest["claims"][number] => ({
  claim: `${what} comes back, to ${bound.toFixed(0)} MiB at most`,
  holds: is <= bound,
  found: `${was.toFixed(0)} MiB when warm, ${is.toFixed(0)} MiB in the end`
})

/** One that is gone for good is replaced. */
const hurt = async (site: Site, victim: Parley, act: Act): Promise<void> => {
  if (act === "freeze") {
    victim.signal("SIGSTOP")
    await sleep(frozenForMs)
    victim.signal("SIGCONT")
    return
  }
  await victim.stop(act)
  await (victim.role === "runner" ? site.startRunner() : site.startGateway())
}
