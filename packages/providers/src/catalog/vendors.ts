/** The kinds of provider that a configuration can name. A further vendor that speaks OpenAI's chat completions is one row here. */

/** Where a vendor's chat completions differ from OpenAI's. */
export interface Dialect {
  readonly maxTokens: "max_completion_tokens" | "max_tokens"
  /** Whether it takes `stream_options`, by which usage is asked of a stream. */
  readonly streamOptions: boolean
  /** Fields that it calls differently. */
  readonly rename: Readonly<Record<string, string>>
  /** Fields that it refuses; they are left out. */
  readonly omit: ReadonlyArray<string>
}

export interface Vendor {
  readonly wire: "openai" | "anthropic" | "bedrock"
  /** Absent: every installation has its own, and the configuration must name it. */
  readonly baseUrl?: string
  /** The environment variable of its key, where the configuration names no other; absent: it needs none. */
  readonly keyEnv?: string
  /** It answers without a key too; a key is sent when there is one. */
  readonly keyIsOptional?: true
  /** The header of the key; `authorization: Bearer …` when absent. */
  readonly keyHeader?: string
  /** As OpenTelemetry's conventions call it; a server that they do not know goes by its name in the configuration. */
  readonly genAiName?: string
  readonly dialect: Dialect
  /** How it counts tokens for nothing, where its wire does not say so itself. */
  readonly counts?: "gemini"
  /** Its models go on with an answer that ends the messages. */
  readonly goesOn?: {
    /** Fields that it wants for that, in the answer and in the body. */
    readonly message?: Readonly<Record<string, unknown>>
    readonly body?: Readonly<Record<string, unknown>>
    /** Its answer has that beginning in it. */
    readonly echoes?: true
  }
}

const dialect = (differences: Partial<Dialect> = {}): Dialect => ({
  maxTokens: "max_tokens",
  streamOptions: true,
  rename: {},
  omit: [],
  ...differences
})

const modern = dialect({ maxTokens: "max_completion_tokens" })

/** What reasoning a model shows is read under both names that are in use (`reasoning_content`, `reasoning`), whoever the vendor is. */
export const vendors = {
  openai: {
    wire: "openai",
    baseUrl: "https://api.openai.com/v1",
    keyEnv: "OPENAI_API_KEY",
    genAiName: "openai",
    dialect: modern
  },
  anthropic: {
    wire: "anthropic",
    baseUrl: "https://api.anthropic.com",
    keyEnv: "ANTHROPIC_API_KEY",
    genAiName: "anthropic",
    dialect: dialect()
  },
  /** The address ends with `/openai/v1`; models are the deployments' names. */
  "azure-openai": {
    wire: "openai",
    keyEnv: "AZURE_OPENAI_API_KEY",
    keyHeader: "api-key",
    genAiName: "azure.ai.openai",
    dialect: modern
  },
  /** It answers 400 to fields that it does not know. */
  gemini: {
    wire: "openai",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
    keyEnv: "GEMINI_API_KEY",
    genAiName: "gcp.gemini",
    dialect: dialect({ omit: ["seed", "frequency_penalty", "presence_penalty"] }),
    counts: "gemini"
  },
  /** Usage comes with the last chunk unasked. */
  mistral: {
    wire: "openai",
    baseUrl: "https://api.mistral.ai/v1",
    keyEnv: "MISTRAL_API_KEY",
    genAiName: "mistral_ai",
    dialect: dialect({ streamOptions: false, rename: { seed: "random_seed" }, omit: ["user"] }),
    goesOn: { message: { prefix: true }, echoes: true }
  },
  groq: {
    wire: "openai",
    baseUrl: "https://api.groq.com/openai/v1",
    keyEnv: "GROQ_API_KEY",
    genAiName: "groq",
    dialect: modern,
    goesOn: {}
  },
  deepseek: {
    wire: "openai",
    baseUrl: "https://api.deepseek.com/v1",
    keyEnv: "DEEPSEEK_API_KEY",
    genAiName: "deepseek",
    dialect: dialect()
  },
  xai: { wire: "openai", baseUrl: "https://api.x.ai/v1", keyEnv: "XAI_API_KEY", genAiName: "x_ai", dialect: modern },
  openrouter: { wire: "openai", baseUrl: "https://openrouter.ai/api/v1", keyEnv: "OPENROUTER_API_KEY", dialect: dialect() },
  /** Its key is a Bedrock API key; without one requests are signed with the credentials of the environment. */
  bedrock: {
    wire: "bedrock",
    keyEnv: "AWS_BEARER_TOKEN_BEDROCK",
    keyIsOptional: true,
    genAiName: "aws.bedrock",
    dialect: dialect()
  },
  ollama: { wire: "openai", baseUrl: "http://127.0.0.1:11434/v1", dialect: dialect(), goesOn: {} },
  vllm: {
    wire: "openai",
    baseUrl: "http://127.0.0.1:8000/v1",
    keyEnv: "VLLM_API_KEY",
    keyIsOptional: true,
    dialect: dialect(),
    goesOn: { body: { continue_final_message: true, add_generation_prompt: false } }
  },
  "openai-compatible": { wire: "openai", dialect: dialect() }
} as const satisfies Record<string, Vendor>

export type VendorKind = keyof typeof vendors

export const vendorOf = (kind: VendorKind): Vendor => vendors[kind]
