/** `POST /v1/embeddings` as OpenAI's clients send it. Fields that Parley does not know are ignored. */
import { EmbeddingInput, EmbeddingRequest, maxEmbeddingInputs } from "@parley/domain/Embeddings"
import { Schema } from "effect"

/** Clients write `null` for what they leave out. */
const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const inputs = <S extends Schema.Constraint>(input: S) =>
  Schema.Array(input).check(Schema.isMinLength(1), Schema.isMaxLength(maxEmbeddingInputs))
const [Text, Tokens] = EmbeddingInput.members

export const EmbeddingsRequest = Schema.Struct({
  model: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(256)),
  /** A text, texts, the tokens of one text, or those of several. */
  input: Schema.Union([Text, inputs(Text), Tokens, inputs(Tokens)]),
  encoding_format: optional(Schema.Literals(["float", "base64"])),
  dimensions: optional(EmbeddingRequest.fields.dimensions.schema),
  user: optional(Schema.String.check(Schema.isMaxLength(512)))
})
export type EmbeddingsRequest = typeof EmbeddingsRequest.Type
