/** How a page is asked for, and what one looks like. */
import { Schema } from "effect"
import { maxCursorLength, maxPageItems } from "../Conversations.ts"

export const PageQuery = {
  cursor: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(maxCursorLength))),
  limit: Schema.optionalKey(
    Schema.NumberFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: maxPageItems }))
  )
}

export const page = <S extends Schema.Constraint>(item: S) =>
  Schema.Struct({ items: Schema.Array(item), nextCursor: Schema.NullOr(Schema.String) })
