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
      const asking = askOn(load, site, () => isOver)
      await sleep(warmUpMs)
      const before = await Promise.all(survivors.map((survivor) => survivor.memory()))
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
      await load.ended(endTimeoutMs)
      const verdict = await verdictOf(site, load, 0, new Set(load.turns.map(({ runId }) => runId)))
      load.close()
      await sleep(settleMs)
      const after = await Promise.all(survivors.map((survivor) => survivor.memory()))
      const claims = survivors.flatMap(({ name }, n) => memoryClaims(name, before[n], after[n]))
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

/** In every room the next question when the last is answered for all of its followers. */
const askOn = async (load: Load, site: Site, isOver: () => boolean): Promise<void> => {
  const ids = await load.createConversations(rooms)
  await Promise.all(
    ids.map(async (id) => {
      while (!isOver()) {
        const turn = await load.ask(id, Math.floor(site.clientRandom.between(leastWords, mostWords)))
        while (!turn.views.every((view) => view.isOver) && !isOver()) await sleep(200)
        if (turn.views.every((view) => view.isOver)) load.forget(turn)
      }
    })
  )
}

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
