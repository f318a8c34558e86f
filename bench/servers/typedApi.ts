/** The API of the `http` benchmark: a GET with a typed path and query, a POST with a typed body. Everybody answers the same bytes. */
import { Effect, Layer, Schema } from "effect"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"

const Note = Schema.Struct({
  id: Schema.Int,
  title: Schema.String,
  text: Schema.String,
  tags: Schema.Array(Schema.String),
  pinned: Schema.Boolean
})

const NewNote = Schema.Struct({
  title: Schema.String.check(Schema.isMaxLength(200)),
  text: Schema.String.check(Schema.isMaxLength(10_000)),
  tags: Schema.Array(Schema.String).check(Schema.isMaxLength(16)),
  pinned: Schema.Boolean,
  position: Schema.Struct({ line: Schema.Int, column: Schema.Int })
})

export const sample: typeof NewNote.Type = {
  title: "What to bring",
  text: "Two tents, the small stove, and the map that is older than the roads on it.",
  tags: ["travel", "list", "shared"],
  pinned: true,
  position: { line: 12, column: 4 }
}

const TypedApi = HttpApi.make("bench").add(
  HttpApiGroup.make("notes").add(
    HttpApiEndpoint.get("read", "/notes/:id", {
      params: { id: Schema.FiniteFromString },
      success: Note
    }),
    HttpApiEndpoint.post("create", "/notes", { payload: NewNote, success: Note })
  )
)

export const noteOf = (id: number, note: typeof NewNote.Type): typeof Note.Type => ({
  id,
  title: note.title,
  text: note.text,
  tags: note.tags,
  pinned: note.pinned
})

/** By the group constructor that the server's users have: Effect's own, or the gateway's. */
export const typedApiLayer = (group: typeof HttpApiBuilder.group) =>
  HttpApiBuilder.layer(TypedApi).pipe(
    Layer.provide(
      group(TypedApi, "notes", (notes) =>
        Effect.succeed(
          notes
            .handle("read", ({ params }) => Effect.succeed(noteOf(params.id, sample)))
            .handle("create", ({ payload }) => Effect.succeed(noteOf(7, payload)))
        )
      )
    )
  )
