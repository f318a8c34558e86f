/** Files that go along with a message: images, made small enough for a model; text and PDF by way of the server. */
import { useCallback, useState } from "react"
import type { UserPart } from "../../client/sdk.ts"
import { notify } from "../../design/notify.ts"
import { useText } from "../../i18n/useText.ts"
import { readAttachment, acceptedTypes, isUploaded, maxFileBytes, maxUploadBytes } from "./readAttachment.ts"

export interface Attachment {
  readonly id: number
  readonly name: string
  readonly type: string
  readonly sizeBytes: number
  /** What is sent; undefined while it is read, and of one that is uploaded. */
  readonly part: UserPart | undefined
  /** Uploaded into the conversation when the message is sent: only then it is known that there is one. */
  readonly upload: File | undefined
  /** An address of this page for an image. */
  readonly preview: string | undefined
}

export interface Attachments {
  readonly items: ReadonlyArray<Attachment>
  /** Something is still being read. */
  readonly busy: boolean
  /** For the file dialog. */
  readonly accept: string
  readonly add: (files: Iterable<File>) => void
  readonly remove: (id: number) => void
  readonly clear: () => void
  readonly parts: () => Array<UserPart>
  readonly uploads: () => Array<File>
}

const maxAttachments = 10
let lastId = 0

export const useAttachments = (): Attachments => {
  const t = useText()
  const [items, setItems] = useState<ReadonlyArray<Attachment>>([])
  const remove = useCallback((id: number) => setItems((before) => before.filter((item) => item.id !== id)), [])

  const addOne = useCallback(
    async (file: File): Promise<void> => {
      const id = ++lastId
      setItems((before) => [
        ...before,
        { id, name: file.name, type: file.type, sizeBytes: file.size, part: undefined, upload: undefined, preview: undefined }
      ])
      try {
        const { part, preview } = await readAttachment(file)
        setItems((before) => before.map((item) => (item.id === id ? { ...item, part, preview } : item)))
      } catch {
        remove(id)
        notify(t("composer.uploadFailed", { name: file.name }), { isError: true })
      }
    },
    [remove, t]
  )

  const add = useCallback(
    (files: Iterable<File>) => {
      let free = maxAttachments - items.length
      for (const file of files) {
        if (free-- <= 0) break
        if (!acceptedTypes.some((type) => fits(file, type))) {
          notify(t("composer.badType", { name: file.name }), { isError: true })
        } else if (file.size > limitOf(file)) {
          const limit = `${Math.floor(limitOf(file) / 1_000_000)} MB`
          notify(t("composer.tooLarge", { name: file.name, limit }), { isError: true })
        } else if (isUploaded(file)) {
          const { name, size, type } = file
          const waiting = { id: ++lastId, name, type, sizeBytes: size, part: undefined, upload: file, preview: undefined }
          setItems((before) => [...before, waiting])
        } else {
          void addOne(file)
        }
      }
    },
    [addOne, items.length, t]
  )

  return {
    items,
    busy: items.some(({ part, upload }) => part === undefined && upload === undefined),
    accept: acceptedTypes.join(","),
    add,
    remove,
    clear: () => setItems([]),
    parts: () => items.flatMap(({ part }) => (part === undefined ? [] : [part])),
    uploads: () => items.flatMap(({ upload }) => (upload === undefined ? [] : [upload]))
  }
}

const limitOf = (file: File): number => (isUploaded(file) ? maxUploadBytes : maxFileBytes)

const fits = (file: File, type: string): boolean =>
  type.startsWith(".")
    ? file.name.toLowerCase().endsWith(type)
    : type.endsWith("/*")
      ? file.type.startsWith(type.slice(0, -1))
      : file.type === type
