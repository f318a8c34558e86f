/** Why the embedded Postgres is not there, said so that a person knows what to do. */
import { Schema } from "effect"

export class EmbeddedPostgresError extends Schema.TaggedError<EmbeddedPostgresError>()("EmbeddedPostgresError", {
  reason: Schema.Literals([
    /** No binaries for this platform, or they are not installed. */
    "binaries",
    /** The data folder is not ours to use, or its parts do not fit together. */
    "data",
    /** Another program holds the data folder's lock and does not give it back. */
    "locked",
    /** `initdb` failed. */
    "initialise",
    /** The server did not come up. */
    "start"
  ]),
  message: Schema.String,
  /** What the operating system or Postgres said; may be empty. */
  detail: Schema.String
}) {
  static because(reason: EmbeddedPostgresError["reason"], message: string, cause?: unknown): EmbeddedPostgresError {
    const detail = cause === undefined ? "" : cause instanceof Error ? cause.message : String(cause)
    return new EmbeddedPostgresError({ reason, message: detail === "" ? message : `${message} (${detail})`, detail })
  }
}
