import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Statement } from "effect/sql"
import { makeShapedStatement } from "../../src/storage/shapedStatement.ts"

const sql = Statement.make(Effect.die("nothing is asked"), PgClient.makeCompiler(), [], undefined)

describe("a shaped statement", () => {
  it("is put together once for each of its shapes, and takes its values with each use", () => {
    const built: Array<string> = []
    const greeting = makeShapedStatement(["name", "age"], (of, v, shape: "short" | "long") => {
      built.push(shape)
      const more = shape === "long" ? of`, ${v.age}::int, ${1}` : of``
      return of`select ${v.name}${more}`
    })
    assert.deepStrictEqual(greeting("long", { name: "Ada", age: 36 })(sql).compile(), ["select $1, $2::int, $3", ["Ada", 36, 1]])
    assert.deepStrictEqual(greeting("short", { name: null, age: 1 })(sql).compile(), ["select $1", [null]])
    assert.deepStrictEqual(greeting("long", { name: "Grace", age: 85 })(sql).compile()[1], ["Grace", 85, 1])
    assert.deepStrictEqual(built, ["long", "short"])
  })
})
