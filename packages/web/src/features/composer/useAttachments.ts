/** Files that go along with a message: images, made small enough for a model; text and PDF by way of the server. */
import { useCallback, useMemo, useSyncExternalStore } from "react"
import { useTellAt } from "../../app/useReportAt.ts"
import { forgetChosen, keepChosen, newChosenId } from "../../client/chosenOnDevice.ts"
import { keeps } from "../../client/keeping.ts"
import type { UserPart } from "../../client/sdk.ts"
import { isAt, notify } from "../../design/notify.ts"
import { presentLocale, type TextName } from "../../i18n/texts.ts"
import { useText } from "../../i18n/useText.ts"
import { chooseFiles, maxAttachments } from "./chooseFiles.ts"
import { chosenFiles } from "./chosenFiles.ts"
import { isSaidPdf, limitOf, maxTextLength, readAttachment } from "./readAttachment.ts"

export interface Attachment {
  readonly id: string
  readonly name: string
  /** What is sent; undefined while it is read, and of one that is uploaded. */
  readonly part: UserPart | undefined
  /** Uploaded into the conversation when the message is sent: only then it is known that there is one. */
  readonly upload: File | undefined
  /** An address of this page for an image. */
  readonly preview: string | undefined
  /** On its way with a message: it takes no place of the next one. */
  readonly isLeaving?: boolean
}

export interface Attachments {
  readonly items: ReadonlyArray<Attachment>
  /** Something is still being read. */
  readonly busy: boolean
  readonly add: (files: Iterable<File>) => void
  readonly remove: (id: string) => void
  /** All that are there go with a message. It is to be said whether that was taken: they are gone then, and chosen as before else. */
  readonly leave: () => (taken: boolean) => void
  readonly parts: () => Array<UserPart>
  readonly uploads: () => Array<File>
}

/** Of these it was said that the device does not keep all of their files. */
const told = new Set<string>()

/** Of the conversation whose draft has this id. */
export const useAttachments = (draftId: string): Attachments => {
  const t = useText()
  const tell = useTellAt(draftId)
  const chosen = useMemo(() => chosenFiles(draftId), [draftId])
  const items = useSyncExternalStore(chosen.subscribe, chosen.getSnapshot)
  const remove = useCallback(
    (id: string) => {
      chosen.update((before) => before.filter((item) => item.id !== id))
      void forgetChosen(draftId, id).catch(() => {})
    },
    [chosen, draftId]
  )

  const addOne = useCallback(
    async (file: File): Promise<void> => {
      const id = newChosenId()
      const { name } = file
      const put = async (part: UserPart | undefined, upload: File | undefined, preview?: string) => {
        chosen.update((before) => before.map((item) => (item.id === id ? { ...item, part, upload, preview } : item)))
        const isKept = await keepChosen(draftId, id, { name, part, upload })
        // Sent or taken back meanwhile.
        if (chosen.getSnapshot().every((item) => item.id !== id)) return forgetChosen(draftId, id).catch(() => {})
        if (isKept || !keeps() || told.has(draftId) || !isAt(draftId)) return
        told.add(draftId)
        notify(t("composer.notKept"), { place: draftId })
      }
      const refuse = (reason: TextName) => {
        remove(id)
        tell(t(reason, { name }))
      }
      const upload = isSaidPdf(file) ? file : undefined
      chosen.update((before) => [...before, { id, name, part: undefined, upload, preview: undefined }])
      try {
        const read = await readAttachment(file)
        if (read.kind === "refused") return refuse(read.reason)
        if (read.kind === "image") return void put(read.part, undefined, read.preview)
        void put(undefined, file)
        if (!read.isCut) return
        notify(t("composer.cut", { name, limit: maxTextLength.toLocaleString(presentLocale()) }), { place: draftId })
      } catch {
        refuse("composer.uploadFailed")
      }
    },
    [chosen, draftId, remove, t, tell]
  )

  const add = useCallback(
    (files: Iterable<File>) => {
      const present = chosen.getSnapshot().filter(({ isLeaving }) => isLeaving !== true)
      const { surplus, taken, tooLarge } = chooseFiles(files, present.length)
      for (const file of taken) void addOne(file)
      for (const file of tooLarge) {
        const limit = `${Math.floor(limitOf(file) / 1_000_000)} MB`
        tell(t("composer.tooLarge", { name: file.name, limit }))
      }
      if (surplus.length > 0) {
        tell(t("composer.tooMany", { limit: maxAttachments, count: surplus.length }))
      }
    },
    [addOne, chosen, t, tell]
  )

  const leave = useCallback(() => {
    const leaving = new Set(chosen.getSnapshot().map(({ id }) => id))
    const mark = (isLeaving: boolean) =>
      chosen.update((before) => before.map((item) => (leaving.has(item.id) ? { ...item, isLeaving } : item)))
    mark(true)
    return (taken: boolean) => {
      if (!taken) return mark(false)
      for (const id of leaving) remove(id)
    }
  }, [chosen, remove])

  return {
    items,
    busy: items.some(({ part, upload }) => part === undefined && upload === undefined),
    add,
    remove,
    leave,
    parts: () => items.flatMap(({ part }) => (part === undefined ? [] : [part])),
    uploads: () => items.flatMap(({ upload }) => (upload === undefined ? [] : [upload]))
  }
}
