/** Files that go along with a message: images, made small enough for a model; text and PDF by way of the server. */
import { useCallback, useState } from "react"
import type { UserPart } from "../../client/sdk.ts"
import { notify } from "../../design/notify.ts"
import { useText } from "../../i18n/useText.ts"
import { readAttachment, acceptedTypes, maxFileBytes } from "./readAttachment.ts"

export interface Attachment {
  readonly id: number
  readonly name: string
  readonly type: string
  readonly sizeBytes: number
  /** What is sent; undefined while it is read or uploaded. */
  readonly part: UserPart | undefined
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
        { id, name: file.name, type: file.type, sizeBytes: file.size, part: undefined, preview: undefined }
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
        } else if (file.size > maxFileBytes) {
          notify(t("composer.tooLarge", { name: file.name, limit: `${maxFileBytes / 1_000_000} MB` }), { isError: true })
        } else {
          void addOne(file)
        }
      }
    },
    [addOne, items.length, t]
  )

  return {
    items,
    busy: items.some(({ part }) => part === undefined),
    accept: acceptedTypes.join(","),
    add,
    remove,
    clear: () => setItems([]),
    parts: () => items.flatMap(({ part }) => (part === undefined ? [] : [part]))
  }
}

const fits = (file: File, type: string): boolean =>
  type.startsWith(".")
    ? file.name.toLowerCase().endsWith(type)
    : type.endsWith("/*")
      ? file.type.startsWith(type.slice(0, -1))
      : file.type === type
