/** `/v1/messages`: what Anthropic's own clients speak. */
import { Effect } from "effect"
import { HttpRouter } from "effect/http"
import { answerMessages } from "./answerMessages.ts"

export const layerAnthropicDoor = HttpRouter.use((router) =>
  Effect.gen(function* () {
    yield* router.add("POST", "/v1/messages", yield* answerMessages)
  })
)
