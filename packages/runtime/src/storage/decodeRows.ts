/** Rows as the types that they are read as. */
import { Effect, Schema } from "effect"

/** Rows that do not fit were not written by this program: a defect, with the fault's path in the log. */
export const decodeRows = <S extends Schema.ConstraintDecoder<unknown>>(row: S) => {
  const decode = Schema.decodeUnknownEffect(Schema.Array(row))
  return (rows: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<S["Type"]>> => Effect.orDie(decode(rows))
}
