/** The native HTTP API, `/api`. Its OpenAPI document is at `/openapi.json`, and for people at `/docs`. */
import { HttpApi, OpenApi } from "effect/http-api"
import { ConversationsGroup } from "./ConversationsGroup.ts"
import { TenantsGroup } from "./TenantsGroup.ts"

export class ParleyApi extends HttpApi.make("parley")
  .add(ConversationsGroup)
  .add(TenantsGroup)
  .annotateMerge(
    OpenApi.annotations({
      title: "Parley",
      description:
        "Conversations, messages, runs, tenants and keys. Chat completions in OpenAI's own shape are at `/v1`; live chat is at `/ws` (docs/websocket.md)."
    })
  ) {}
