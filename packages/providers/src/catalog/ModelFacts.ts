/** What is known of a model beside its name. */
import type { ModelInfo } from "@parley/domain/ModelProvider"

export type ModelFacts = Partial<Pick<ModelInfo, "kind" | "contextTokens" | "maxOutputTokens" | "price">>
