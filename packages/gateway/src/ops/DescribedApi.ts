/** All that is asked over HTTP, for its description: the native API and OpenAI's. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { OpenaiGroup } from "../openai/OpenaiGroup.ts"

export const DescribedApi = ParleyApi.add(OpenaiGroup)
