/**
 * No tenant sees another. Generated: every operation is found in its service, and each is tried with another tenant's ids. A new service or operation
 * without an attempt here fails. The tables are tried in `rowSecurity.test.ts`.
 */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Administration } from "@parley/domain/Administration"
import type { Caller } from "@parley/domain/Caller"
import { Caller as CallerService } from "@parley/domain/Caller"
import { Attachments } from "@parley/domain/Attachments"
import { ConversationList } from "@parley/domain/ConversationList"
import type { PrincipalId, RunId } from "@parley/domain/Ids"
import { Invites } from "@parley/domain/Invites"
import { ModelAccess } from "@parley/domain/ModelAccess"
import { Secret } from "@parley/domain/Secret"
import { Prompts } from "@parley/domain/Prompts"
import { Shares } from "@parley/domain/Shares"
import { SignIns } from "@parley/domain/SignIns"
import type { ConversationKey } from "../../src/storage/ConversationStore.ts"
import { ConversationStore } from "../../src/storage/ConversationStore.ts"
import { RunJournal } from "../../src/storage/RunJournal.ts"
import { makeClientMessageId, makeEpoch } from "./support/ids.ts"
import { closeOf, contextOf, said, seedTenant } from "./support/TestDatabase.ts"
import type { SeededTenant } from "./support/TestDatabase.ts"
import { belongings, callerOf, furnished, secret, shown, Tested } from "./support/furnished.ts"
import type { Other } from "./support/furnished.ts"

type Attempt<Service> = (service: Service, own: SeededTenant, other: Other) => Effect.Effect<unknown, unknown, Caller>
type Attempts<Service> = { readonly [Method in keyof Service]: Attempt<Service> }

/** The other tenant's conversation, addressed as one's own: what a forged id in a request comes to. */
const forged = (own: SeededTenant, other: Other): ConversationKey => ({
  tenantId: own.tenantId,
  conversationId: other.key.conversationId
})

const turn = <A>(own: PrincipalId, use: (context: Other["open"]) => Effect.Effect<A, unknown>) =>
  Effect.flatMap(contextOf(own), use)

const storeAttempts: Attempts<ConversationStore["Service"]> = {
  create: (store, own, other) => store.create({ ...other.key, tenantId: own.tenantId }, other.alice, { model: "demo/echo" }),
  // The id is the other tenant's, and free all the same.
  createOnce: (store, own, other) => store.createOnce(forged(own, other), own.alice, { model: "demo/echo" }),
  load: (store, own, other) => store.load(forged(own, other)),
  update: (store, own, other) => store.update(forged(own, other), { title: "taken" }),
  isRemoved: (store, own, other) => store.isRemoved(forged(own, other)),
  remove: (store, own, other) => store.remove(forged(own, other)),
  addMember: (store, own, other) => store.addMember(forged(own, other), own.alice),
  removeMember: (store, own, other) => store.removeMember(forged(own, other), other.bob),
  acceptSend: (store, own, other) => turn(own.alice, (context) => store.acceptSend(forged(own, other), said("x"), context)),
  acceptRegenerate: (store, own, other) =>
    turn(own.alice, (context) =>
      store.acceptRegenerate(
        forged(own, other),
        { clientMessageId: makeClientMessageId(), messageId: other.closed.run.messageId },
        context
      )
    ),
  acceptEdit: (store, own, other) =>
    turn(other.alice, (context) =>
      store.acceptEdit(
        forged(own, other),
        { clientMessageId: makeClientMessageId(), messageId: other.closed.messageId, content: said("x").content },
        context
      )
    ),
  closeRun: (store, own, other) => store.closeRun(forged(own, other), closeOf(other.open, "taken")),
  takeOverRun: (store, own, other) =>
    Effect.flatMap(makeEpoch, (epoch) =>
      store.takeOverRun(forged(own, other), other.open.run.runId, { from: other.open.run.epoch, to: epoch })
    ),
  run: (store, own, other) => store.run(forged(own, other), other.open.run.runId),
  closedRun: (store, own, other) => store.closedRun(forged(own, other), other.closed.run.runId),
  path: (store, own, other) => store.path(forged(own, other), other.closed.run.messageId, 10),
  messages: (store, own, other) => store.messages(forged(own, other), {}),
  latestMessages: (store, own, other) => store.latestMessages(forged(own, other), 10),
  roomEventsAfter: (store, own, other) => store.roomEventsAfter(forged(own, other), 0, 100),
  // The one operation across tenants, for the take-over after a crash: addresses of runs, and nothing that anybody said.
  openRuns: (store) => store.openRuns(1_000)
}

const journalAttempts: Attempts<RunJournal["Service"]> = {
  // Called by the program with its own runs' tenants, never with a caller's.
  append: (journal, own, other) =>
    journal.append([
      { tenantId: own.tenantId, runId: other.open.run.runId, epoch: other.open.run.epoch, seq: 9, count: 1, events: [] }
    ]),
  succeed: (journal, own, other) =>
    Effect.flatMap(makeEpoch, (to) => journal.succeed(own.tenantId, other.open.run.runId, { from: other.open.run.epoch, to })),
  read: (journal, own, other) => journal.read(own.tenantId, other.open.run.runId),
  dropClosedBefore: (journal) => journal.dropClosedBefore(0)
}

const administrationAttempts: Attempts<Administration["Service"]> = {
  createTenant: (administration) => administration.createTenant({ name: "mine" }),
  listTenants: (administration) => administration.listTenants,
  getTenant: (administration, _own, other) => administration.getTenant(other.tenantId),
  createApiKey: (administration, _own, other) => administration.createApiKey({ displayName: "theirs", principalId: other.alice }),
  listApiKeys: (administration) => administration.listApiKeys,
  revokeApiKey: (administration, _own, other) => administration.revokeApiKey(other.apiKeyId)
}

const listAttempts: Attempts<ConversationList["Service"]> = {
  list: (list, _own, other) => list.list({ folder: other.folderId }),
  listed: (list, _own, other) => list.listed(other.key.conversationId),
  mark: (list, _own, other) => list.mark(other.key.conversationId, { isPinned: true, folderId: other.folderId }),
  search: (list) => list.search({ query: secret }),
  folders: (list) => list.folders,
  createFolder: (list) => list.createFolder("mine"),
  renameFolder: (list, _own, other) => list.renameFolder(other.folderId, "taken"),
  removeFolder: (list, _own, other) => list.removeFolder(other.folderId)
}

const signInAttempts: Attempts<SignIns["Service"]> = {
  signIn: (signIns, _own, other) => signIns.signIn({ token: other.sessionId }, ""),
  whoAmI: (signIns, _own, other) => signIns.whoAmI(new Secret(other.sessionId)),
  signOut: (signIns, _own, other) => signIns.signOut(new Secret(other.sessionId)),
  list: (signIns) => signIns.list,
  revoke: (signIns, _own, other) => signIns.revoke(other.sessionId)
}

const shareAttempts: Attempts<Shares["Service"]> = {
  create: (shares, _own, other) => shares.create(other.key.conversationId, { messageId: other.closed.run.messageId }),
  list: (shares, _own, other) => shares.list(other.key.conversationId),
  revoke: (shares, _own, other) => shares.revoke(other.shareId),
  // Whoever holds the token may: it is the other tenant's to give.
  read: (shares) => shares.read(`sh_${"0".repeat(43)}`, {}),
  file: (shares, _own, other) => shares.file(`sh_${"0".repeat(43)}`, other.attachmentId)
}

const promptAttempts: Attempts<Prompts["Service"]> = {
  list: (prompts) => prompts.list,
  create: (prompts) => prompts.create({ kind: "prompt", name: "mine", text: "" }),
  update: (prompts, _own, other) => prompts.update(other.promptId, { name: "taken" }),
  remove: (prompts, _own, other) => prompts.remove(other.promptId)
}

const attachmentAttempts: Attempts<Attachments["Service"]> = {
  upload: (attachments, _own, other) => attachments.upload(other.key.conversationId, "x", new Uint8Array([120])),
  download: (attachments, _own, other) => attachments.download(other.attachmentId)
}

const inviteAttempts: Attempts<Invites["Service"]> = {
  create: (invites, _own, other) => invites.create(other.key.conversationId, {}),
  list: (invites, _own, other) => invites.list(other.key.conversationId),
  revoke: (invites, _own, other) => invites.revoke(other.inviteId),
  // Whoever holds the token may: it is the other tenant's to give.
  preview: (invites) => invites.preview(`pi_${"0".repeat(43)}`),
  redeem: (invites, own) => invites.redeem({ token: `pi_${"0".repeat(43)}` }, callerOf(own), ""),
  giveBack: (invites, own, other) =>
    invites.giveBack({
      inviteId: other.inviteId,
      conversationId: other.key.conversationId,
      caller: callerOf(own),
      signedIn: undefined
    })
}

const accessAttempts: Attempts<ModelAccess["Service"]> = {
  allowedModels: (access, _own, other) => access.allowedModels(other.tenantId),
  setAllowedModels: (access, _own, other) => access.setAllowedModels(other.tenantId, { allowedModels: ["*"] }),
  providerKeys: (access, _own, other) => access.providerKeys(other.tenantId),
  setProviderKey: (access, _own, other) => access.setProviderKey(other.tenantId, "openai", { key: "sk-of-somebody-else" }),
  removeProviderKey: (access, _own, other) => access.removeProviderKey(other.tenantId, "openai")
}

/** Domain's services that have no attempts here, each with its reason. */
const triedElsewhere: Readonly<Record<string, string>> = {
  Conversations: "stands on ConversationStore, and asks for membership; cli's twoTenants.test.ts tries each of its doors",
  Completions: "has nothing of a tenant's but which models it may ask, which TenantModels.test.ts tries",
  Embeddings: "the same",
  Authenticator: "tells whose a key is; it takes no id",
  ProviderStatuses: "the process's own, for administrators",
  Readiness: "the process's own",
  Caller: "is who asks",
  ParleyRpcClient: "is a client"
}

const servicesOfDomain = (): ReadonlyArray<string> => {
  const folder = fileURLToPath(new URL("../../../domain/src/", import.meta.url))
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) =>
      [...readFileSync(`${folder}${name}`, "utf8").matchAll(/^export class (\w+) extends Context\.Service</gm)].map(
        ([, service = ""]) => service
      )
    )
}

const tryAll = Effect.fnUntraced(function* <Service extends object>(service: Service, attempts: Attempts<Service>) {
  assert.deepStrictEqual(Object.keys(attempts).toSorted(), Object.keys(service).toSorted())
  const own = yield* seedTenant
  const other = yield* furnished
  for (const name of Object.keys(attempts)) {
    const attempt = Object.entries<Attempt<Service>>(attempts).find(([key]) => key === name)?.[1]
    assert.isDefined(attempt)
    const before = yield* belongings(other.tenantId)
    assert.isAbove(before.length, 10)
    const exit = yield* Effect.exit(Effect.provideService(attempt(service, own, other), CallerService, callerOf(own)))
    assert.notInclude(shown(exit), secret, name)
    assert.deepStrictEqual(yield* belongings(other.tenantId), before, name)
  }
})

layer(Tested, { timeout: "60 seconds" })("Tenants are isolated", (it) => {
  describe("operations", () => {
    it.effect("no operation of ConversationStore reads or changes another tenant's rows", () =>
      Effect.flatMap(ConversationStore, (store) => tryAll(store, storeAttempts))
    )
    it.effect("no operation of RunJournal reads or changes another tenant's rows", () =>
      Effect.flatMap(RunJournal, (journal) => tryAll(journal, journalAttempts))
    )
    it.effect("no operation of Administration reads or changes another tenant's rows", () =>
      Effect.flatMap(Administration, (administration) => tryAll(administration, administrationAttempts))
    )

    it.effect("no operation of ConversationList reads or changes another tenant's rows", () =>
      Effect.flatMap(ConversationList, (list) => tryAll(list, listAttempts))
    )
    it.effect("no operation of SignIns reads or changes another tenant's rows", () =>
      Effect.flatMap(SignIns, (signIns) => tryAll(signIns, signInAttempts))
    )
    it.effect("no operation of Shares reads or changes another tenant's rows", () =>
      Effect.flatMap(Shares, (shares) => tryAll(shares, shareAttempts))
    )
    it.effect("no operation of Prompts reads or changes another tenant's rows", () =>
      Effect.flatMap(Prompts, (prompts) => tryAll(prompts, promptAttempts))
    )
    it.effect("no operation of Attachments reads or changes another tenant's rows", () =>
      Effect.flatMap(Attachments, (attachments) => tryAll(attachments, attachmentAttempts))
    )
    it.effect("no operation of Invites reads or changes another tenant's rows", () =>
      Effect.flatMap(Invites, (invites) => tryAll(invites, inviteAttempts))
    )

    it.effect("no operation of ModelAccess reads or changes another tenant's rows", () =>
      Effect.flatMap(ModelAccess, (access) => tryAll(access, accessAttempts))
    )

    it("every service that domain declares is tried here, or says why not", () => {
      const tried = [Administration, Attachments, ConversationList, Invites, ModelAccess, Prompts, Shares, SignIns].map(
        ({ key }) => key.split("/").at(-1) ?? key
      )
      assert.deepStrictEqual([...tried, ...Object.keys(triedElsewhere)].toSorted(), servicesOfDomain().toSorted())
    })

    it.effect("open runs are told across tenants by their addresses only", () =>
      Effect.gen(function* () {
        const other = yield* furnished
        const found = (yield* (yield* ConversationStore).openRuns(1_000)).find(({ runId }) => runId === other.open.run.runId)
        const runId: RunId = other.open.run.runId
        assert.deepStrictEqual(found, { key: other.key, runId, startedAtMs: found?.startedAtMs ?? -1 })
      })
    )
  })
})
