import { limitOf } from "./readAttachment.ts"

/** Files of one message. */
export const maxAttachments = 10

interface ChosenFiles {
  readonly taken: ReadonlyArray<File>
  readonly tooLarge: ReadonlyArray<File>
  /** Those for which there is no place. */
  readonly surplus: ReadonlyArray<File>
}

/** Which of the files go along with a message that has so many already; what cannot go along takes no place. */
export const chooseFiles = (files: Iterable<File>, present: number): ChosenFiles => {
  const all = [...files]
  const tooLarge = all.filter((file) => file.size > limitOf(file))
  const fitting = all.filter((file) => file.size <= limitOf(file))
  const free = Math.max(0, maxAttachments - present)
  return { taken: fitting.slice(0, free), tooLarge, surplus: fitting.slice(free) }
}
