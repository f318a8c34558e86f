/** What Chat Completions and Responses say alike of tools and formats, but for where they write it: the one nests what the other does not. */
import type { ResponseFormat, ToolDefinition } from "@parley/domain/ModelRequest"
import { given } from "../given.ts"

interface SaidTool {
  readonly name: string
  readonly description?: string | null
  readonly parameters?: ToolDefinition["parameters"] | null
  readonly strict?: boolean | null
}

type JsonSchemaFormat = Extract<ResponseFormat, { readonly type: "json-schema" }>
interface SaidSchema {
  readonly name: string
  readonly schema: JsonSchemaFormat["schema"]
  readonly strict?: boolean | null
}
type SaidFormat = { readonly type: "text" | "json_object" } | ({ readonly type: "json_schema" } & SaidSchema)

export const toolDefinition = ({ description, name, parameters, strict }: SaidTool): ToolDefinition => ({
  name,
  ...given("description", description),
  ...given("parameters", parameters),
  ...given("strict", strict)
})

export const responseFormat = (format: SaidFormat | null | undefined): ResponseFormat | undefined => {
  switch (format?.type) {
    case undefined:
      return undefined
    case "text":
      return { type: "text" }
    case "json_object":
      return { type: "json" }
    case "json_schema":
      return { type: "json-schema", name: format.name, schema: format.schema, ...given("strict", format.strict) }
  }
}
