/** Names that people give to things. */
import { Schema } from "effect"

/** One line that a person can read: 1 to 128 characters, none of them a control character. */
export const DisplayName = Schema.String.check(Schema.isPattern(/^[^\p{C}]{1,128}$/u))
