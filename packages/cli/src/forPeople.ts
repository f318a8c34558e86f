/** What stops a program is told in a sentence that says what to do, without a stack; the cause stays for whoever catches it. */
import { Effect } from "effect"
import { CliError } from "effect/cli"

export const forPeople = <A, E extends { readonly message: string }, R>(program: Effect.Effect<A, E, R>) =>
  Effect.mapError(program, (cause) => new CliError.UserError({ cause, userMessage: cause.message }))
