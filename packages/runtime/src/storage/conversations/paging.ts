/** Pages: how many, and from where. */
import { Effect } from "effect"
import { maxPageItems } from "@parley/domain/Conversations"
import type { Page, PageRequest } from "@parley/domain/Conversations"
import { InvalidRequest } from "@parley/domain/Errors"

const defaultLimit = 50

const invalid = (path: string, message: string) =>
  new InvalidRequest({ message: `${path}: ${message}`, issues: [{ path, message }] })

export const limitOf = (page: PageRequest): Effect.Effect<number, InvalidRequest> => {
  const limit = page.limit ?? defaultLimit
  return Number.isInteger(limit) && limit >= 1 && limit <= maxPageItems
    ? Effect.succeed(limit)
    : Effect.fail(invalid("limit", `must be a whole number from 1 to ${maxPageItems}`))
}

/** None of the groups of `shape` may be missing from a cursor that this module's callers made. */
export const cursorOf = (page: PageRequest, shape: RegExp): Effect.Effect<ReadonlyArray<string> | undefined, InvalidRequest> => {
  if (page.cursor === undefined) return Effect.succeed(undefined)
  const found = shape.exec(page.cursor)
  return found === null ? Effect.fail(invalid("cursor", "is not one that was given out")) : Effect.succeed(found.slice(1))
}

/** From `limit + 1` rows: the page, and the cursor of its last item if there is more. */
export const pageOf = <A>(rows: ReadonlyArray<A>, limit: number, cursor: (last: A) => string): Page<A> => {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursor(last) : null }
}
