/** `/v1/messages` and `/v1/messages/count_tokens`: what Anthropic's own clients speak. */
import { Effect } from "effect"
import { HttpRouter } from "effect/http"
import { answerMessages } from "./answerMessages.ts"
import { countTokens } from "./countTokens.ts"

export const layerAnthropicDoor = HttpRouter.use((router) =>
  Effect.gen(function* () {
    yield* router.add("POST", "/v1/messages", yield* answerMessages)
    yield* router.add("POST", "/v1/messages/count_tokens", yield* countTokens)
  })
)
