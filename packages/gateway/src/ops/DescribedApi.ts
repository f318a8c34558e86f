/** All that is asked over HTTP, for its description: the native API, OpenAI's and Anthropic's. */
import { ParleyApi } from "@parley/domain/api/ParleyApi"
import { AnthropicGroup } from "../anthropic/AnthropicGroup.ts"
import { OpenaiGroup } from "../openai/OpenaiGroup.ts"
import { ResponsesGroup } from "../responses/ResponsesGroup.ts"

export const DescribedApi = ParleyApi.add(OpenaiGroup).add(ResponsesGroup).add(AnthropicGroup)
