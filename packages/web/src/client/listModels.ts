/** `GET /v1/models`, in OpenAI's shape, as far as the app needs it. */
interface ListedModel {
  readonly id: string
}

export const listModels = async (): Promise<ReadonlyArray<ListedModel>> => {
  const response = await fetch("/v1/models")
  const body: unknown = await response.json()
  if (!response.ok || typeof body !== "object" || body === null || !("data" in body) || !Array.isArray(body.data)) return []
  return body.data.filter(isModel).filter(({ id }) => !/embed/i.test(id))
}

const isModel = (value: unknown): value is ListedModel =>
  typeof value === "object" && value !== null && "id" in value && typeof value.id === "string"
