/** What calls used whose owner was lost: each by the tokens and the price of the target that was called, and by what it was shown. */
import { Effect } from "effect"
import type { ModelRequest } from "@parley/domain/ModelRequest"
import { addUsage, noUsage } from "@parley/domain/Usage"
import type { Usage } from "@parley/domain/Usage"
import type { ResolvedModel } from "@parley/providers/Providers"
import { continuePrompt } from "@parley/providers/routing/continuation"
import type { LostCall } from "./foldJournal.ts"

type Model = Pick<ResolvedModel, "tokens" | "tokensOf">

export const lostUsage = (
  { tokens, tokensOf }: Model,
  { messages, parameters }: Pick<ModelRequest, "messages" | "parameters">,
  calls: ReadonlyArray<LostCall>
): Effect.Effect<Usage> =>
  Effect.map(
    Effect.forEach(
      calls,
      ({ before, content, target }) => {
        // A route that was changed since may know the target no more.
        const called = (target === undefined ? undefined : tokensOf?.(target)) ?? tokens
        const shown = before === "" ? messages : continuePrompt(messages, before)
        return called.settlePartial({ messages: shown, parameters }, content, null)
      },
      // As many as targets and owners in turn, which are bounded.
      { concurrency: "unbounded" }
    ),
    (usages) => usages.reduce(addUsage, noUsage)
  )
