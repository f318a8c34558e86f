/** The body of `POST /v1/messages`, read once. */
import type { InvalidRequest } from "@parley/domain/Errors"
import { Effect } from "effect"
import { invalidBody, makeReadJsonBody } from "../readJsonBody.ts"
import { MessagesRequest } from "./MessagesRequest.ts"

const read = makeReadJsonBody(MessagesRequest)

export const readMessagesRequest = (text: string): Effect.Effect<MessagesRequest, InvalidRequest> =>
  Effect.flatMapEager(read(text), (request) =>
    request.thinking?.type === "disabled" && request.output_config?.effort
      ? Effect.fail(
          invalidBody([
            { path: "output_config.effort", message: "Not together with thinking that is disabled; leave one of them out." }
          ])
        )
      : Effect.succeed(request)
  )
