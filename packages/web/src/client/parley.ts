/** The client of this page: one, from the first line on. */
import { withFilesUploaded } from "./filesToSend.ts"
import { indexedDbOutbox } from "./indexedDbOutbox.ts"
import { createClient, type Parley } from "./sdk.ts"
import { uploadFile } from "./uploadFile.ts"

const outbox = indexedDbOutbox()

export const parley: Parley = createClient({ outbox, prepare: withFilesUploaded(outbox, (file) => uploadFile(parley, file)) })
