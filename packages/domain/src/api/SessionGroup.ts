/** `/api/session`: coming in, who am I, going out; `/api/sessions`: where else one is signed in. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { SessionId } from "../Ids.ts"
import { Session, SignIn, WhoAmI } from "../SignIns.ts"
import { Authentication } from "./Authentication.ts"
import { Problems } from "./Problems.ts"
import { Visiting } from "./Visiting.ts"

export class SessionGroup extends HttpApiGroup.make("session")
  .add(
    HttpApiEndpoint.post("signIn", "/session", { payload: SignIn, success: WhoAmI.pipe(HttpApiSchema.status(201)) })
      .annotate(
        OpenApi.Description,
        "Exchanges the one-time token of a sign-in link, or an API key, for a session: the answer sets an HttpOnly cookie, with which `/api` and `/ws` can be asked from then on. A session that came with the request is over."
      )
      .middleware(Visiting),
    HttpApiEndpoint.get("whoAmI", "/session", { success: WhoAmI }).middleware(Authentication),
    HttpApiEndpoint.delete("signOut", "/session", { success: HttpApiSchema.NoContent })
      .annotate(OpenApi.Description, "Ends the session of the request's cookie and clears it. Idempotent.")
      .middleware(Visiting),
    HttpApiEndpoint.get("listSessions", "/sessions", { success: Schema.Array(Session) }).middleware(Authentication),
    HttpApiEndpoint.delete("revokeSession", "/sessions/:id", {
      params: { id: SessionId },
      success: HttpApiSchema.NoContent
    }).middleware(Authentication)
  )
  .middleware(Problems)
  .prefix("/api") {}
