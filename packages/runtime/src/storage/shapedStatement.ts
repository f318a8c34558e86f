/**
 * Statements that are put together once for each shape they can have. To put one of fifty parameters together takes some
 * 100 µs, more while it is not compiled, between a person's message and the first token; its text is the same each time.
 */
import type { Statement } from "effect/sql"

/** Stands in a statement for a value that comes with each use. */
export class Slot {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

interface Shape {
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

/**
 * `build` is called once for each `shape`: what it does must depend on that and on nothing else. The slots
 * that it is given go into the statement where values would, and nowhere else.
 */
export const makeShapedStatement = <Name extends string, ShapeName extends string>(
  names: ReadonlyArray<Name>,
  build: (sql: Statement.Constructor, slots: Readonly<Record<Name, Slot>>, shape: ShapeName) => Statement.Statement<unknown>
) => {
  const shapes = new Map<ShapeName, Shape>()
  const slots = Object.fromEntries(names.map((name) => [name, new Slot(name)])) as Record<Name, Slot>
  const compiled = (sql: Statement.Constructor, shape: ShapeName): Shape => {
    const [text, parameters] = build(sql, slots, shape).compile()
    const made = { text, parameters }
    shapes.set(shape, made)
    return made
  }
  return (shape: ShapeName, values: Readonly<Record<Name, unknown>>) =>
    (sql: Statement.Constructor): Statement.Statement<unknown> => {
      const { parameters, text } = shapes.get(shape) ?? compiled(sql, shape)
      return sql.unsafe(
        text,
        parameters.map((parameter) => (parameter instanceof Slot ? values[parameter.name as Name] : parameter))
      )
    }
}
