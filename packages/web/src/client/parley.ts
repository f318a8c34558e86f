/** The client of this page: one, from the first line on. */
import { indexedDbOutbox } from "./indexedDbOutbox.ts"
import { createClient } from "./sdk.ts"

export const parley = createClient({ outbox: indexedDbOutbox() })
