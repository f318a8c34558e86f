import { assert, it } from "@effect/vitest"
import { runMachine } from "../../src/conversations/RunMachine.ts"
import type { RunAct, RunHappening, RunPhase } from "../../src/conversations/RunMachine.ts"

type Row = readonly [RunPhase, RunHappening, RunPhase, RunAct, string]

const rows: ReadonlyArray<Row> = [
  ["starting", "chunk", "streaming", "append", "the first chunk is told"],
  ["starting", "provider-finished", "storing", "store-complete", "an answer may be empty and complete"],
  ["starting", "provider-failed", "storing", "store-fail", "a provider that never spoke is a failure"],
  ["starting", "cancel", "stopping", "interrupt-provider", "a cancel before the first word stops the call"],
  ["starting", "interrupted", "lost", "hand-over", "an interrupt that nobody asked for is the end of the process"],
  ["starting", "stored", "starting", "none", "nothing can be stored before its end is decided"],
  ["starting", "fenced", "lost", "hand-over", "a newer owner has it"],
  ["starting", "abandon", "lost", "hand-over", "its actor restarts"],

  ["streaming", "chunk", "streaming", "append", "every chunk is told"],
  ["streaming", "provider-finished", "storing", "store-complete", "the provider's terminal decides the end"],
  ["streaming", "provider-failed", "storing", "store-fail", "what was told before a failure is kept"],
  ["streaming", "cancel", "stopping", "interrupt-provider", "a cancel stops the call"],
  ["streaming", "interrupted", "lost", "hand-over", "the process ends: the next owner goes on"],
  ["streaming", "stored", "streaming", "none", "nothing can be stored before its end is decided"],
  ["streaming", "fenced", "lost", "hand-over", "a newer owner has it"],
  ["streaming", "abandon", "lost", "hand-over", "its actor restarts"],

  ["stopping", "chunk", "stopping", "none", "what comes after a cancel is not told"],
  [
    "stopping",
    "provider-finished",
    "storing",
    "store-cancel",
    "a cancel that was accepted stands, even if the answer was just complete"
  ],
  ["stopping", "provider-failed", "storing", "store-cancel", "a failure after a cancel is the cancel"],
  ["stopping", "cancel", "stopping", "none", "a second cancel changes nothing"],
  ["stopping", "interrupted", "storing", "store-cancel", "the call is stopped: the cancel is stored"],
  ["stopping", "stored", "stopping", "none", "nothing can be stored before its end is decided"],
  ["stopping", "fenced", "lost", "hand-over", "a newer owner has it"],
  ["stopping", "abandon", "lost", "hand-over", "its actor restarts"],

  ["storing", "chunk", "storing", "none", "nothing is told after the end is decided"],
  ["storing", "provider-finished", "storing", "none", "the end is decided once"],
  ["storing", "provider-failed", "storing", "none", "the end is decided once"],
  ["storing", "cancel", "storing", "none", "too late: the answer ends as it was decided"],
  ["storing", "interrupted", "storing", "none", "the call is over already"],
  ["storing", "stored", "ended", "tell-terminal", "stored, and only then told"],
  ["storing", "fenced", "lost", "hand-over", "somebody else stored the end"],
  ["storing", "abandon", "lost", "hand-over", "its actor restarts; the end is decided again by the next"],

  ["ended", "chunk", "ended", "none", "over"],
  ["ended", "provider-finished", "ended", "none", "over"],
  ["ended", "provider-failed", "ended", "none", "over"],
  ["ended", "cancel", "ended", "none", "a cancel of what is over changes nothing"],
  ["ended", "interrupted", "ended", "none", "over"],
  ["ended", "stored", "ended", "none", "a terminal is told once"],
  ["ended", "fenced", "ended", "none", "over"],
  ["ended", "abandon", "ended", "none", "what is stored needs no owner"],

  ["lost", "chunk", "lost", "none", "a former owner does not speak"],
  ["lost", "provider-finished", "lost", "none", "a former owner does not store"],
  ["lost", "provider-failed", "lost", "none", "a former owner does not store"],
  ["lost", "cancel", "lost", "none", "the cancel goes to the new owner"],
  ["lost", "interrupted", "lost", "none", "a former owner does not store"],
  ["lost", "stored", "lost", "none", "a former owner does not tell the end"],
  ["lost", "fenced", "lost", "none", "lost once is lost"],
  ["lost", "abandon", "lost", "none", "lost once is lost"]
]

it.each(rows)("%s, then %s → %s (%s): %s", (phase, happening, next, act) => {
  assert.deepStrictEqual(runMachine[phase][happening], { phase: next, act })
})

it("every cell of the table has its sentence", () => {
  const cells = Object.entries(runMachine).flatMap(([phase, row]) => Object.keys(row).map((event) => `${phase}/${event}`))
  assert.deepStrictEqual(cells.toSorted(), rows.map(([phase, event]) => `${phase}/${event}`).toSorted())
})
