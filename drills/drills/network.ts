/** Broken networks: bytes between two processes are held for a while, new connections hang. Everything else is connected. */
import { faultInTheMiddle } from "../harness/Drill.ts"
import type { Drill, Report } from "../harness/Drill.ts"
import type { Parley } from "../harness/Parley.ts"
import type { Relay } from "../harness/Relay.ts"
import type { Site } from "../harness/Site.ts"
import { takenAtMost } from "../harness/takeOvers.ts"
import { sleep, until } from "../harness/wait.ts"

/** Longer than a heartbeat may be late, and than a gateway waits for a sign of life. */
const cutMs = 20_000
/** Longer than heartbeats may be missed: when Postgres is back everybody's is old. */
const awayMs = 6_000

const heldBy = (relays: Iterable<Relay | undefined>): Report["claims"][number] => {
  const held = [...relays].reduce((sum, relay) => sum + (relay?.held ?? 0), 0)
  return { claim: "the cut holds connections", holds: held > 0, found: `${held}, or tries of one` }
}

const gatewayAndRunner: Drill = faultInTheMiddle({
  name: "partition-gateway-runner",
  about: "one gateway does not reach one runner for 20 s; the other gateway does",
  site: { isRelayed: true },
  fault: async (site) => {
    const gateway = site.random.pick(site.gateways)
    const relay = site.relays.get(site.random.pick(site.runners))
    relay?.cut((pid) => pid === gateway.pid)
    await sleep(cutMs)
    relay?.heal()
    return { claims: [heldBy([relay])] }
  },
  after: async (site) => {
    const taken = site.runLines.filter(({ kind }) => kind === "taken").length
    return [{ claim: "the runner keeps what it serves", holds: taken === 0, found: `${taken} runs were taken over` }]
  }
})

/** No runner reaches another; `meanwhile` takes its time. */
const betweenRunners = async (site: Site, meanwhile: () => Promise<void>): Promise<Report["claims"][number]> => {
  const pids = new Set(site.runners.map(({ pid }) => pid))
  for (const relay of site.relays.values()) relay.cut((pid) => pids.has(pid))
  await meanwhile()
  for (const relay of site.relays.values()) relay.heal()
  return heldBy(site.relays.values())
}

const pastBeats: Drill = faultInTheMiddle({
  name: "partition-runners",
  about: "two runners do not reach each other for 20 s, and Postgres is restarted in it, so that every heartbeat is old",
  site: { isRelayed: true },
  fault: async (site) => {
    const held = await betweenRunners(site, async () => {
      await site.postgres.stop()
      await sleep(awayMs)
      await site.postgres.start()
      await sleep(cutMs - awayMs)
    })
    return { claims: [held] }
  },
  after: async (site) => [takenAtMost(site, 1)]
})

/** What it writes of its life does not arrive; all else does. */
const silence = async (site: Site, runner: Parley): Promise<void> => {
  const [row] = await site.store.ask<{ address: string }>("select address from parley_cluster_runners where address like $1", [
    `%:${new URL(runner.url).port}`
  ])
  await site.store.ask(`
    create function drill_silence() returns trigger language plpgsql as
    $$ begin new.last_heartbeat := old.last_heartbeat; return new; end $$`)
  await site.store.ask(`
    create trigger drill_silence before update on parley_cluster_runners for each row
    when (old.address = '${row?.address}') execute function drill_silence()`)
}

const hasDeclared = ({ complaints }: Parley): boolean =>
  complaints.some((line) => line.includes("wrote no heartbeat and does not answer"))

const declaredDead: Drill = faultInTheMiddle({
  name: "partition-declared",
  about: "two runners do not reach each other for 20 s, and one's heartbeats do not arrive: it is declared dead, and lives",
  site: { isRelayed: true },
  words: 200,
  fault: async (site) => {
    const victim = site.random.pick(site.runners)
    const held = await betweenRunners(site, async () => {
      const beganAtMs = performance.now()
      await silence(site, victim)
      await until("it is declared dead", cutMs, () => (site.runners.some(hasDeclared) ? true : undefined))
      // It is back in the registry at once, and would be declared dead again and again.
      await site.store.ask("drop function drill_silence() cascade")
      await sleep(Math.max(0, beganAtMs + cutMs - performance.now()))
    })
    return { claims: [held] }
  },
  after: async (site) => {
    const taken = site.runLines.filter(({ kind }) => kind === "taken").length
    return [
      { claim: "the other takes over what it serves", holds: taken > 0, found: `${taken} runs were taken over` },
      // To the other, and back when it has a share again.
      takenAtMost(site, 2)
    ]
  }
})

export const networkDrills: ReadonlyArray<Drill> = [gatewayAndRunner, pastBeats, declaredDead]
