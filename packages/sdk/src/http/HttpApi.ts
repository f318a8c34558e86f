/**
 * The native HTTP API: one line per endpoint. What goes in and comes out has domain's own types, found by the names of group and endpoint;
 * a test holds that no endpoint of domain's is missing here, and that method and path are the same.
 */
import type { ParleyApi } from "@parley/domain/api/ParleyApi"
import type { Me } from "@parley/domain/api/TenantsGroup"
import type { ApiKey, CreatedTenant, IssuedApiKey, Tenant } from "@parley/domain/Administration"
import type { Folder, Found, ListedConversation } from "@parley/domain/ConversationList"
import type { Invite, InviteAccepted, InvitePreview, IssuedInvite } from "@parley/domain/Invites"
import type { Session, WhoAmI } from "@parley/domain/SignIns"
import type { RunInfo } from "@parley/domain/Conversations"
import type { AllowedModels, ProviderKey } from "@parley/domain/ModelAccess"
import type { Prompt } from "@parley/domain/Prompts"
import type { ProviderStatus } from "@parley/domain/ProviderStatuses"
import type { IssuedShare, Share, SharedConversation } from "@parley/domain/Shares"
import type { Plain } from "../Plain.ts"
import { arrayOf, record, records } from "../wire/guard.ts"
import type { Guard } from "../wire/guard.ts"
import { conversation, member, message, page } from "../wire/parts.ts"
import { accepted } from "../wire/frames.ts"
import type { CallOptions, HttpCaller, Method } from "./HttpCaller.ts"

/** An endpoint's success is checked where the client goes on with it; of the others only that it is an object, or a list of them. */
const table = (caller: HttpCaller) => {
  const on =
    (method: Method) =>
    <T>(path: string, guard: Guard<T>) =>
    (input: object = {}, options: CallOptions = {}): Promise<T> =>
      caller.call(method, path, guard, input, options)
  const [get, post, patch, put, remove] = [on("GET"), on("POST"), on("PATCH"), on("PUT"), on("DELETE")]
  return {
    conversations: {
      list: get("/api/conversations", page<ListedConversation>(record)),
      create: post("/api/conversations", conversation),
      get: get("/api/conversations/:id", conversation),
      update: patch("/api/conversations/:id", conversation),
      remove: remove("/api/conversations/:id", nothing),
      messages: get("/api/conversations/:id/messages", page(message)),
      send: post("/api/conversations/:id/messages", accepted),
      regenerate: post("/api/conversations/:id/messages/:messageId/regenerate", accepted),
      edit: post("/api/conversations/:id/messages/:messageId/edit", accepted),
      members: get("/api/conversations/:id/members", arrayOf(member)),
      addMember: post("/api/conversations/:id/members", member),
      removeMember: remove("/api/conversations/:id/members/:principalId", nothing),
      run: get<RunInfo>("/api/conversations/:id/runs/:runId", record),
      cancel: post<RunInfo>("/api/conversations/:id/runs/:runId/cancel", record)
    },
    tenants: {
      me: get<typeof Me.Type>("/api/me", record),
      listTenants: get<ReadonlyArray<Tenant>>("/api/tenants", records),
      createTenant: post<CreatedTenant>("/api/tenants", record),
      getTenant: get<Tenant>("/api/tenants/:id", record),
      listKeys: get<ReadonlyArray<ApiKey>>("/api/keys", records),
      createKey: post<IssuedApiKey>("/api/keys", record),
      revokeKey: remove<ApiKey>("/api/keys/:id", record)
    },
    list: {
      listed: get<ListedConversation>("/api/conversations/:id/marks", record),
      mark: patch<ListedConversation>("/api/conversations/:id/marks", record),
      search: get<Found>("/api/search", record),
      folders: get<ReadonlyArray<Folder>>("/api/folders", records),
      createFolder: post<Folder>("/api/folders", record),
      renameFolder: patch<Folder>("/api/folders/:id", record),
      removeFolder: remove("/api/folders/:id", nothing)
    },
    session: {
      signIn: post<WhoAmI>("/api/session", record),
      whoAmI: get<WhoAmI>("/api/session", record),
      signOut: remove("/api/session", nothing),
      listSessions: get<ReadonlyArray<Session>>("/api/sessions", records),
      revokeSession: remove("/api/sessions/:id", nothing)
    },
    invites: {
      createInvite: post<IssuedInvite>("/api/conversations/:id/invites", record),
      listInvites: get<ReadonlyArray<Invite>>("/api/conversations/:id/invites", records),
      revokeInvite: remove<Invite>("/api/invites/:id", record),
      previewInvite: post<InvitePreview>("/api/invites/preview", record),
      acceptInvite: post<InviteAccepted>("/api/invites/accept", record)
    },
    modelAccess: {
      allowedModels: get<typeof AllowedModels.Type>("/api/tenants/:id/models", record),
      setAllowedModels: put<typeof AllowedModels.Type>("/api/tenants/:id/models", record),
      providerKeys: get<ReadonlyArray<typeof ProviderKey.Type>>("/api/tenants/:id/provider-keys", records),
      setProviderKey: put<typeof ProviderKey.Type>("/api/tenants/:id/provider-keys/:provider", record),
      removeProviderKey: remove<typeof ProviderKey.Type>("/api/tenants/:id/provider-keys/:provider", record)
    },
    providers: {
      list: get<ReadonlyArray<ProviderStatus>>("/api/providers", records)
    },
    prompts: {
      list: get<ReadonlyArray<typeof Prompt.Type>>("/api/prompts", records),
      create: post<typeof Prompt.Type>("/api/prompts", record),
      update: patch<typeof Prompt.Type>("/api/prompts/:id", record),
      remove: remove("/api/prompts/:id", nothing)
    },
    shares: {
      createShare: post<typeof IssuedShare.Type>("/api/conversations/:id/shares", record),
      listShares: get<ReadonlyArray<typeof Share.Type>>("/api/conversations/:id/shares", records),
      revokeShare: remove<typeof Share.Type>("/api/shares/:id", record),
      shared: get<typeof SharedConversation.Type>("/api/shared/:token", record)
    }
  } satisfies Known
}

/** Whatever a successful answer without content holds. */
const nothing = (_value: unknown): _value is void => true

type Groups = (typeof ParleyApi)["groups"]
type Known = {
  readonly [G in keyof Groups]?: { readonly [E in keyof Groups[G]["endpoints"]]?: Call<Groups[G]["endpoints"][E]> }
}
type Table = ReturnType<typeof table>
type EndpointOf<G extends keyof Table, E extends keyof Table[G]> = G extends keyof Groups
  ? E extends keyof Groups[G]["endpoints"]
    ? Groups[G]["endpoints"][E]
    : never
  : never

type TypeOf<S> = [S] extends [never] ? unknown : S extends { readonly Type: infer T } ? T : unknown

/** What an endpoint is given, as one object: the names in its path go there, the rest into the query or the body. */
export type Input<Endpoint> = Endpoint extends {
  readonly "~Params": infer P
  readonly "~Query": infer Q
  readonly "~Payload": infer B
}
  ? Plain<TypeOf<P> & TypeOf<Q> & TypeOf<B>>
  : never
/** What it answers with. */
export type Output<Endpoint> = Endpoint extends { readonly "~Success": { readonly Type: infer T } } ? T : never

export type Call<Endpoint> =
  {} extends Input<Endpoint>
    ? (input?: Input<Endpoint>, options?: CallOptions) => Promise<Output<Endpoint>>
    : (input: Input<Endpoint>, options?: CallOptions) => Promise<Output<Endpoint>>

/** Every endpoint as a function, by group: `api.conversations.update({ id, title })`. */
export type HttpApi = {
  readonly [G in keyof Table]: { readonly [E in keyof Table[G]]: Call<EndpointOf<G, E>> }
}

export const makeHttpApi = (caller: HttpCaller): HttpApi => table(caller)
