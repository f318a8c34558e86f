/** What may become of a runner: killed, stopped, frozen, joined by another. */
import { faultInTheMiddle, runsOf } from "../harness/Drill.ts"
import type { Drill } from "../harness/Drill.ts"
import type { Parley } from "../harness/Parley.ts"
import type { Site } from "../harness/Site.ts"
import { goesOnWithin, openRunsOf, takenAtMost, takenOnce, unendedRunsOf } from "../harness/takeOvers.ts"
import { sleep, until } from "../harness/wait.ts"

/** What recovery after a lost runner must stay under, with the settings as they come. */
const recoveryBoundMs = 10_000
/** A frozen runner is woken when others have had what it served for a while: before it wakes all must go on. */
const frozenForMs = 18_000
const frozenBoundMs = 15_000
/** As it comes; other drills do without it. */
const joinMs = "10000"

/** What was lost with a runner that a drill kills; known to what is claimed in the end. */
const lostIn = new WeakMap<Site, ReadonlySet<string>>()
const lost = (site: Site): ReadonlySet<string> => lostIn.get(site) ?? new Set()

const killOne = async (site: Site) => {
  const victim = site.random.pick(site.runners)
  await victim.stop("SIGKILL")
  const affected = await openRunsOf(site, [victim])
  lostIn.set(site, affected)
  return { affected }
}

const killed: Drill = faultInTheMiddle({
  name: "runner-kill",
  about: "a runner is killed with -9 in the middle of all runs",
  fault: killOne,
  after: async (site, load) => [takenOnce(site, lost(site)), goesOnWithin(load, recoveryBoundMs)]
})

const killedAndClosed: Drill = faultInTheMiddle({
  name: "runner-kill-fail",
  about:
    "the same where the policy is to close the answers of a lost runner as failed: with what they had said, and no second call",
  site: { crashPolicy: "fail" },
  fault: killOne,
  after: async (site, load) => {
    const cut = load.turns.filter(({ views }) => views.every(({ status }) => status === "failed"))
    // One that was stored, and lost before its provider was asked, is not asked for at all.
    const asked = cut.filter(({ name }) => (site.provider.calls.get(name) ?? 0) > 1)
    return [
      takenOnce(site, lost(site)),
      goesOnWithin(load, recoveryBoundMs),
      { claim: "answers of the lost runner end as failed, for all who follow", holds: cut.length > 0, found: `${cut.length} do` },
      { claim: "none of them is asked for again", holds: asked.length === 0, found: `${asked.length} were` }
    ]
  }
})

const stopped: Drill = faultInTheMiddle({
  name: "runner-term",
  about: "a runner is asked to stop with SIGTERM, with answers that last longer than it may wait",
  site: { env: { PARLEY_DRAIN_TIMEOUT_MS: "2000" } },
  fault: async (site, load) => {
    const victim = site.random.pick(site.runners)
    const affected = runsOf(site, load, victim.name)
    const code = await victim.stop("SIGTERM")
    lostIn.set(site, unendedRunsOf(site, victim))
    return { affected, claims: [{ claim: "it ends with 0", holds: code === 0, found: String(code) }] }
  },
  after: async (site, load) => [takenOnce(site, lost(site)), goesOnWithin(load, recoveryBoundMs)]
})

const frozen: Drill = faultInTheMiddle({
  name: "runner-freeze",
  about: "a runner is frozen with SIGSTOP, and woken when others have its conversations",
  words: 160,
  fault: async (site, load) => {
    const victim = site.random.pick(site.runners)
    const affected = runsOf(site, load, victim.name)
    victim.signal("SIGSTOP")
    await sleep(frozenForMs)
    victim.signal("SIGCONT")
    return { affected }
  },
  after: async (site, load) => {
    const refused = site.runLines.filter(({ kind }) => kind === "fenced")
    return [
      // To the other while it is frozen, and back when it has a share again.
      takenAtMost(site, 2),
      goesOnWithin(load, frozenBoundMs),
      { claim: "it is refused the ends of runs that it wrote", holds: refused.length > 0, found: `${refused.length} were` }
    ]
  }
})

const joined: Drill = faultInTheMiddle({
  name: "runner-join",
  about: "a third runner joins, and takes its share of conversations with running answers when the quiet time is over",
  site: { env: { PARLEY_CLUSTER_JOIN_MS: joinMs } },
  words: 250,
  fault: async (site) => {
    await site.startRunner()
    await site.settled(3)
    return {}
  }
})

const several: Drill = faultInTheMiddle({
  name: "runner-kill-twice",
  about: "of three runners two are killed, the second while the third takes over",
  site: { runners: 3 },
  words: 120,
  fault: async (site, load) => {
    const [first, second] = site.random.next() < 0.5 ? site.runners : site.runners.toReversed()
    if (first === undefined || second === undefined) throw new Error("there are no runners")
    const both: ReadonlyArray<Parley> = [first, second]
    const affected = new Set(both.flatMap(({ name }) => [...runsOf(site, load, name)]))
    await first.stop("SIGKILL")
    await until("the first run is taken over", 30_000, () => site.runLines.find(({ kind }) => kind === "taken"))
    await second.stop("SIGKILL")
    return { affected }
  },
  // Twice what one loss may take: what goes to the second at first is lost again.
  after: async (site, load) => [takenAtMost(site, 2), goesOnWithin(load, 2 * recoveryBoundMs)]
})

export const runnerDrills: ReadonlyArray<Drill> = [killed, killedAndClosed, stopped, frozen, joined, several]
