/** `/v1/responses`: the newer of the two shapes that OpenAI's own clients speak. */
import { Effect } from "effect"
import { HttpRouter } from "effect/http"
import { answerResponses } from "./answerResponses.ts"

export const layerResponsesDoor = HttpRouter.use((router) =>
  Effect.gen(function* () {
    yield* router.add("POST", "/v1/responses", yield* answerResponses)
  })
)
