/** `/api/prompts`. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { Prompts } from "@parley/domain/Prompts"
import { Effect } from "effect"
import { apiGroup } from "./apiGroup.ts"
import { chat } from "./chat.ts"

export const layerPromptHandlers = apiGroup(ParleyApi, "prompts", (handlers) =>
  Effect.gen(function* () {
    const prompts = yield* Prompts
    return handlers.handleAll({
      list: () => chat(prompts.list),
      create: ({ payload }) => chat(prompts.create(payload)),
      update: ({ params, payload }) => chat(prompts.update(params.id, payload)),
      remove: ({ params }) => chat(prompts.remove(params.id))
    })
  })
)
