/** Calls that need a credential with the scope `chat`. */
import { Caller } from "@parley/domain/Caller"
import type { ParleyError } from "@parley/domain/Errors"
import { Effect } from "effect"
import { requireScope } from "../auth/authenticateRequest.ts"
import { orProblem } from "./renderProblem.ts"

export const chat = <A, R>(effect: Effect.Effect<A, ParleyError, R>) =>
  orProblem(Effect.flatMap(Caller, (caller) => Effect.andThen(requireScope(caller, "chat"), effect)))
