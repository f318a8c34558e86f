/** The native HTTP API, `/api`. Its OpenAPI document is at `/openapi.json`, and for people at `/docs`. */
import { HttpApi, OpenApi } from "effect/http-api"
import { AttachmentsGroup } from "./AttachmentsGroup.ts"
import { ConversationsGroup } from "./ConversationsGroup.ts"
import { InvitesGroup } from "./InvitesGroup.ts"
import { ListGroup } from "./ListGroup.ts"
import { PromptsGroup } from "./PromptsGroup.ts"
import { ProvidersGroup } from "./ProvidersGroup.ts"
import { SessionGroup } from "./SessionGroup.ts"
import { SharesGroup } from "./SharesGroup.ts"
import { ModelAccessGroup } from "./ModelAccessGroup.ts"
import { TenantsGroup } from "./TenantsGroup.ts"

/** The packages' version; a test keeps them equal. */
export const apiVersion = "0.1.0"

export class ParleyApi extends HttpApi.make("parley")
  .add(ConversationsGroup)
  .add(ListGroup)
  .add(SessionGroup)
  .add(InvitesGroup)
  .add(SharesGroup)
  .add(AttachmentsGroup)
  .add(PromptsGroup)
  .add(TenantsGroup)
  .add(ModelAccessGroup)
  .add(ProvidersGroup)
  // Every fault of a body is told at once.
  .annotate(HttpApi.PayloadParseOptions, { errors: "all" })
  .annotate(HttpApi.QueryParseOptions, { errors: "all" })
  .annotateMerge(
    OpenApi.annotations({
      title: "Parley",
      version: apiVersion,
      description:
        "Conversations, messages, runs, tenants and keys. Chat completions in OpenAI's own shape are at `/v1`; live chat is at `/ws` (docs/websocket.md). Fields that are not described here are ignored. Errors are problem details (RFC 9457); `retry` says what to do."
    })
  ) {}
