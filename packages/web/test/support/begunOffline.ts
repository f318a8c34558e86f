/** What tests of conversations that are begun without a network share: a tenant of their own, a page that is offline, and what it has to send. */
import { Effect, Schema } from "effect"
import type { Page } from "playwright-core"
import { CreatedTenant } from "@parley/domain/Administration"
import { request } from "../../../cli/test/e2e/support/api.ts"
import type { WireServer } from "../../../providers/test/wire/WireServer.ts"
import { App, composer, goOffline, leavesNoPage, signIn } from "./openApp.ts"
import { onDevice } from "./onDevice.ts"

export const row = (page: Page, title: string) => page.getByRole("link", { name: title, exact: true, includeHidden: true })
export const waiting = (page: Page) => page.getByText("Waiting to be sent")
export const bubbles = (page: Page) => page.locator(".bubble").allInnerTexts()

/** How many messages this device has to send. */
export const inOutbox = async (page: Page): Promise<number> => (await onDevice(page, "outbox")).keys.length

/** A tenant of the test's own, and what the server has of it. */
export const ownTenant = Effect.gen(function* () {
  const app = yield* App
  const { browser, parley: server } = app
  const wire: WireServer = app.wire
  wire.forget()
  yield* leavesNoPage(browser)
  const made = yield* request(server, "POST", "/api/tenants", { name: "Of a test" })
  const { ownerKey, tenant } = yield* Schema.decodeUnknownEffect(CreatedTenant)(made.body)
  const parley = { ...server, key: ownerKey.secret }
  const read = async (path: string) => {
    const response = await fetch(parley.url + path, { headers: { authorization: `Bearer ${parley.key}` } })
    return response.json()
  }
  const conversations = async (): Promise<ReadonlyArray<string>> =>
    (await read("/api/conversations")).items.map(({ id }: { readonly id: string }) => id)
  const messages = async (id: string): Promise<ReadonlyArray<string>> =>
    (await read(`/api/conversations/${id}/messages`)).items.map(
      ({ content, role }: { readonly role: string; readonly content: ReadonlyArray<{ readonly text?: string }> }) =>
        `${role}: ${content.map(({ text }) => text ?? "").join("")}`
    )
  return { browser, server, parley, wire, tenant, conversations, messages }
})

/** In a page with a clock: signed in, with the worker that opens the app without a network, and then without one. */
export const openedOffline = async (page: Page, url: string, key: string): Promise<void> => {
  await signIn(page, url, key)
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  // With what a second visit has: the list, and the models.
  await page.reload()
  await composer(page).waitFor()
  await page.getByRole("button", { name: /^Model/ }).waitFor()
  await page.getByText("No conversations yet").waitFor({ state: "attached" })
  await goOffline(page)
}

export const idOf = (page: Page): string => new URL(page.url()).pathname.replace("/c/", "")
