/** `GET /v1/models`, in OpenAI's shape, as far as the app needs it. */
export interface Model {
  /** `provider/model`, an alias or a route. */
  readonly id: string
  /** Prompt and answer together, in tokens; undefined where nobody knows. */
  readonly contextTokens: number | undefined
  /** US dollars for a million tokens; undefined where nobody knows. */
  readonly price: { readonly input: number; readonly output: number } | undefined
}

/** Those that can chat. */
export const listModels = async (): Promise<ReadonlyArray<Model>> => {
  const response = await fetch("/v1/models")
  const body: unknown = await response.json()
  if (!response.ok || !isRecord(body) || !Array.isArray(body["data"])) return []
  return body["data"].filter(isRecord).flatMap(({ context_window, id, kind, pricing }) =>
    typeof id !== "string" || kind !== "chat"
      ? []
      : [
          {
            id,
            contextTokens: typeof context_window === "number" ? context_window : undefined,
            price: isPrice(pricing) ? pricing : undefined
          }
        ]
  )
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null

const isPrice = (value: unknown): value is NonNullable<Model["price"]> =>
  isRecord(value) && typeof value["input"] === "number" && typeof value["output"] === "number"
