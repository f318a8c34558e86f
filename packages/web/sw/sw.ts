/**
 * Keeps the app's own files, so that it opens without a network. It never touches what is asked of the server: no `/api`, no `/v1`, no
 * socket passes through it. Where the browser can (`addRoutes`), such a request does not even ask it: one that a page makes as it goes would wait
 * for this worker's word, and be lost with the page.
 */
/// <reference lib="webworker" />

import { begunWithin, keptIfAway } from "./keptIfAway.ts"
import { keptOrFetched } from "./keptOrFetched.ts"
import { openFromNotice } from "./openFromNotice.ts"

declare const self: ServiceWorkerGlobalScope

/** Filled in when the app is built: what the first page needs. */
const files: ReadonlyArray<string> = JSON.parse("__PARLEY_FILES__")
/** Filled in too: the app's other files, for when a page stands. */
const laterFiles: ReadonlyArray<string> = JSON.parse("__PARLEY_LATER__")
const cacheName = "parley-__PARLEY_VERSION__"

/** The server's own paths. */
const serverPatterns = ["/api/*", "/v1/*"]

/** How long a page may take to come from the server before the kept one is shown. */
const patienceMs = 2_500

/** What newer browsers let a worker say once instead of being asked each time; TypeScript does not know it yet. */
interface Routing {
  readonly addRoutes?: (rule: {
    readonly condition: { readonly urlPattern: string }
    readonly source: "network"
  }) => Promise<void>
}

self.addEventListener("install", (event: ExtendableEvent & Routing) => {
  for (const urlPattern of serverPatterns)
    void event.addRoutes?.({ condition: { urlPattern }, source: "network" }).catch(() => {})
  event.waitUntil(keepAll())
})

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver())
})

// Said by a page that has nothing better to do.
self.addEventListener("message", (event) => {
  if (event.data === "keep-later") event.waitUntil(keepLater())
})

self.addEventListener("notificationclick", (event) => {
  event.notification.close()
  event.waitUntil(openFromNotice(self.clients, event.notification.data))
})

self.addEventListener("fetch", (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== "GET" || url.origin !== self.location.origin) return
  if (request.mode === "navigate") {
    if (isPage(url.pathname)) event.respondWith(page(request))
  } else if (url.pathname.startsWith("/assets/")) {
    event.respondWith(kept(event))
  } else if (files.includes(url.pathname)) {
    event.respondWith(fetch(request).catch(() => kept(event)))
  }
})

const keepAll = async (): Promise<void> => {
  const cache = await caches.open(cacheName)
  await cache.addAll(files.map((file) => new Request(file, { cache: "reload" })))
  await self.skipWaiting()
}

let keeping: Promise<void> | undefined

/** One by one and after all else, so that nobody waits for them. What cannot be had now is asked for by the page that opens next. */
const keepLater = (): Promise<void> => {
  const keepEach = async (): Promise<void> => {
    const cache = await caches.open(cacheName)
    for (const file of laterFiles) {
      if ((await cache.match(file)) !== undefined) continue
      const response = await fetch(new Request(file, { priority: "low" }))
      if (response.ok) await cache.put(file, response)
    }
  }
  return (keeping ??= keepEach()
    .catch(() => {})
    .finally(() => (keeping = undefined)))
}

/** What the new app has of the old one's is not fetched again. */
const handOver = async (): Promise<void> => {
  const cache = await caches.open(cacheName)
  for (const file of laterFiles) {
    const known = await caches.match(file)
    if (known !== undefined && (await cache.match(file)) === undefined) await cache.put(file, known)
  }
}

const takeOver = async (): Promise<void> => {
  // A device without room does without.
  await handOver().catch(() => {})
  for (const name of await caches.keys()) if (name.startsWith("parley-") && name !== cacheName) await caches.delete(name)
  await self.clients.claim()
}

/** Pages of the app; the rest of the paths are the server's. */
const isPage = (path: string): boolean => path === "/" || path === "/s" || path.startsWith("/c/")

const page = (request: Request): Promise<Response> =>
  keptIfAway(
    () => begunWithin(patienceMs, (signal) => fetch(request, { signal })),
    () => caches.match("/")
  )

/** Files whose names hold their content's hash. */
const kept = (event: FetchEvent): Promise<Response> => {
  const { request } = event
  const keep = async (response: Response) => (await caches.open(cacheName)).put(request, response)
  const find = () => caches.match(request)
  return keptOrFetched(
    { find, keep },
    () => fetch(request),
    (work) => event.waitUntil(work)
  )
}
