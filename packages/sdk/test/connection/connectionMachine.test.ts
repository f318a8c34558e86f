import { assert, describe, it } from "@effect/vitest"
import { connectionMachine } from "../../src/connection/connectionMachine.ts"
import type { ConnectionEvent, ConnectionState } from "../../src/connection/connectionMachine.ts"
import { followMachine } from "../../src/follow/followMachine.ts"
import type { FollowEvent, FollowState } from "../../src/follow/followMachine.ts"

const connection: ReadonlyArray<readonly [ConnectionState, ConnectionEvent, string, string]> = [
  ["idle", "want", "connecting dial", "the first need dials"],
  ["idle", "lost", "idle none", "what is not there cannot be lost"],
  ["connecting", "want", "connecting none", "a second need does not dial twice"],
  ["connecting", "welcome", "open greet", "only the welcome opens"],
  ["connecting", "lost", "waiting retreat", "a failed dial pauses"],
  ["connecting", "offline", "connecting none", "a dial under way is let end: the browser may be wrong"],
  ["open", "lost", "waiting retreat", "a lost connection pauses before the next"],
  ["open", "silent", "waiting retreat", "a dead peer is given up"],
  ["open", "refuse", "refused hang-up", "a refusing close code ends it"],
  ["open", "offline", "open check", "no network: look whether the peer answers all the same"],
  ["open", "wake", "open check", "a tab that wakes looks whether the peer still lives"],
  ["waiting", "timer", "connecting dial", "the pause ends in a dial"],
  ["waiting", "wake", "connecting dial", "the network is back: no more pause"],
  ["waiting", "want", "waiting none", "a need does not shorten the pause"],
  ["waiting", "offline", "offline retreat", "without a network the pauses are the longest"],
  ["offline", "timer", "connecting dial", "and even then it is tried now and then"],
  ["refused", "wake", "refused none", "a refusal is not worn down by waking"],
  ["refused", "timer", "refused none", "nor by time"],
  ["refused", "connect", "connecting dial", "only its owner tries again"],
  ["closed", "connect", "closed none", "closed is for good"]
]

const follow: ReadonlyArray<readonly [FollowState, FollowEvent, string, string]> = [
  ["away", "open", "asking ask", "a connection begins with the question where we stand"],
  ["away", "next", "away none", "nothing is applied before the question"],
  ["asking", "next", "asking apply", "a replay is applied as it follows on"],
  ["asking", "gap", "asking none", "what was sent before the question was read is not asked for twice"],
  ["asking", "snapshot", "asking replace", "a snapshot replaces what is held"],
  ["asking", "caught-up", "live none", "the replay is over"],
  ["asking", "short", "asking ask", "a replay that ended beyond us left something out"],
  ["asking", "deferred", "asking ask-later", "an error that may pass is asked again, later"],
  ["live", "next", "live apply", "seq = last + 1 is applied"],
  ["live", "old", "live none", "lower is dropped"],
  ["live", "gap", "asking ask", "higher asks again; nothing is skipped"],
  ["live", "foreign", "asking ask", "another epoch asks again"],
  ["live", "stale-snapshot", "live none", "a snapshot of the past does not take us back"],
  ["live", "end", "over finish", "the terminal ends it"],
  ["live", "lost", "away none", "what is held stays"],
  ["live", "gone", "gone forget", "what is not ours is forgotten"],
  ["over", "snapshot", "over none", "after the terminal nothing changes"],
  ["over", "end", "over none", "there is one terminal"],
  ["gone", "open", "gone none", "what is gone is not asked for"]
]

describe("the connection's machine", () => {
  for (const [state, event, next, why] of connection) {
    it(`${state} × ${event}: ${why}`, () => assert.strictEqual(connectionMachine[state][event].join(" "), next))
  }
})

describe("the follow machine", () => {
  for (const [state, event, next, why] of follow) {
    it(`${state} × ${event}: ${why}`, () => assert.strictEqual(followMachine[state][event].join(" "), next))
  }
})
