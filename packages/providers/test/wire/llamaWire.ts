/** A server that speaks OpenAI's chat completions as Ollama does: no key, an address without a path, keep-alive comments. */
import { openaiDialect } from "./openaiWire.ts"
import { startWire } from "./WireServer.ts"

const frames: typeof openaiDialect.frames = (model, script) => {
  const base = openaiDialect.frames(model, script)
  return { ...base, preamble: [": keep-alive\n\n", ...base.preamble] }
}

export const startLlamaWire = startWire({
  ...openaiDialect,
  basePath: "",
  defaultModels: ["llama-wire", "nomic-embed-text"],
  frames,
  errorFrame: `data: ${JSON.stringify({ error: "the runner process has died" })}\n\n`,
  errorBody: (status) => ({ error: `the wire says ${status}` })
})
