/** `/api/prompts`: presets and the prompt library. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { PromptId } from "../Ids.ts"
import { Prompt, PromptChange, PromptInput } from "../Prompts.ts"
import { Authentication } from "./Authentication.ts"
import { Problems } from "./Problems.ts"

const prompt = { id: PromptId }

export class PromptsGroup extends HttpApiGroup.make("prompts")
  .add(
    HttpApiEndpoint.get("list", "/", { success: Schema.Array(Prompt) }),
    HttpApiEndpoint.post("create", "/", { payload: PromptInput, success: Prompt.pipe(HttpApiSchema.status(201)) }),
    HttpApiEndpoint.patch("update", "/:id", { params: prompt, payload: PromptChange, success: Prompt }),
    HttpApiEndpoint.delete("remove", "/:id", { params: prompt, success: HttpApiSchema.NoContent })
  )
  .middleware(Authentication)
  .middleware(Problems)
  .prefix("/api/prompts") {}
