/** Requests that several tests send. */
import type { ModelParameters, ModelRequest } from "@parley/domain/ModelRequest"

export const ask = (text: string, parameters: ModelParameters = {}): ModelRequest => ({
  model: "set-by-resolve",
  messages: [{ role: "user", content: [{ type: "text", text }] }],
  parameters
})
