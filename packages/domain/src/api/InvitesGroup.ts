/** Links into a room: made by its members, accepted by whoever holds one. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { ConversationId, InviteId } from "../Ids.ts"
import { AcceptInvite, Invite, InviteAccepted, InviteInput, InvitePreview, InviteToken, IssuedInvite } from "../Invites.ts"
import { Authentication } from "./Authentication.ts"
import { Problems } from "./Problems.ts"
import { Visiting } from "./Visiting.ts"

const room = { id: ConversationId }

export class InvitesGroup extends HttpApiGroup.make("invites")
  .add(
    HttpApiEndpoint.post("createInvite", "/conversations/:id/invites", {
      params: room,
      payload: InviteInput,
      success: IssuedInvite.pipe(HttpApiSchema.status(201))
    }).middleware(Authentication),
    HttpApiEndpoint.get("listInvites", "/conversations/:id/invites", {
      params: room,
      success: Schema.Array(Invite)
    }).middleware(Authentication),
    HttpApiEndpoint.delete("revokeInvite", "/invites/:id", { params: { id: InviteId }, success: Invite }).middleware(
      Authentication
    ),
    // The token is in the body: addresses end up in logs.
    HttpApiEndpoint.post("previewInvite", "/invites/preview", { payload: InviteToken, success: InvitePreview }).middleware(
      Visiting
    ),
    HttpApiEndpoint.post("acceptInvite", "/invites/accept", { payload: AcceptInvite, success: InviteAccepted })
      .annotate(
        OpenApi.Description,
        "Joins the room of the link. One who is signed in to its tenant joins as who they are; anybody else as a guest under `displayName`, whose session the answer sets as a cookie."
      )
      .middleware(Visiting)
  )
  .middleware(Problems)
  .prefix("/api") {}
