/** The smallest value that fits a JSON Schema, as far as the demo needs: the same for the same schema, always. */
import type { Schema } from "effect"
import { isObject, listOf } from "../call/foreign.ts"

/** Deeper than this everything is null: schemas can be recursive through what we resolve. */
const maxDepth = 16

export const exampleOf = (schema: unknown, depth = 0): Schema.Json => {
  if (!isObject(schema) || depth > maxDepth) return null
  if (isJson(schema["const"])) return schema["const"]
  const options = listOf(schema["enum"])
  if (isJson(options[0])) return options[0]
  const alternative = listOf(schema["anyOf"])[0] ?? listOf(schema["oneOf"])[0]
  if (alternative !== undefined) return exampleOf(alternative, depth + 1)
  const type = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"]
  switch (type) {
    case "string":
      return "demo"
    case "integer":
    case "number":
      return typeof schema["minimum"] === "number" ? schema["minimum"] : 1
    case "boolean":
      return true
    case "array":
      return [exampleOf(schema["items"], depth + 1)]
    case "object":
      return objectOfSchema(schema["properties"], depth)
    default:
      return schema["properties"] === undefined ? null : objectOfSchema(schema["properties"], depth)
  }
}

const objectOfSchema = (properties: unknown, depth: number): Schema.Json =>
  isObject(properties)
    ? Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, exampleOf(property, depth + 1)]))
    : {}

const isJson = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
