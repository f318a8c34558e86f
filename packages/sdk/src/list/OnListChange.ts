/** Who is told what changes in the list of conversations. */
import type { ListChange } from "@parley/domain/Notices"

export type OnListChange = (change: ListChange) => void
