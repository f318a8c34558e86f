/** `GET /v1/models`, in OpenAI's shape, as far as the app needs it. */
export interface Model {
  /** `provider/model`, an alias or a route. */
  readonly id: string
  /** Prompt and answer together, in tokens; undefined where nobody knows. */
  readonly contextTokens: number | undefined
  /** US dollars for a million tokens; undefined where nobody knows. */
  readonly price: { readonly input: number; readonly output: number } | undefined
}

/** Those that can chat. Rejected when the server does not say. */
export const listModels = async (): Promise<ReadonlyArray<Model>> => {
  const response = await fetch("/v1/models")
  // An error has no models either, and says nothing of those there are.
  if (!response.ok) throw new Error(`the models could not be read: ${response.status}`)
  const body: unknown = await response.json()
  if (!isRecord(body) || !Array.isArray(body["data"])) throw new Error("the models could not be read")
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
