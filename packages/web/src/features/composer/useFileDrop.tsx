import { useState, type DragEvent, type ReactNode } from "react"
import { useText } from "../../i18n/useText.ts"

interface FileDrop {
  readonly props: {
    readonly onDragOver: (event: DragEvent) => void
    readonly onDragLeave: (event: DragEvent) => void
    readonly onDrop: (event: DragEvent) => void
  }
  readonly overlay: ReactNode
}

/** Files may be dropped anywhere on the conversation. */
export const useFileDrop = (onFiles: (files: Iterable<File>) => void): FileDrop => {
  const t = useText()
  const [over, setOver] = useState(false)
  return {
    props: {
      onDragOver: (event) => {
        if (!event.dataTransfer.types.includes("Files")) return
        event.preventDefault()
        setOver(true)
      },
      onDragLeave: (event) => {
        if (!(event.relatedTarget instanceof Node) || !event.currentTarget.contains(event.relatedTarget)) setOver(false)
      },
      onDrop: (event) => {
        setOver(false)
        if (event.dataTransfer.files.length === 0) return
        event.preventDefault()
        onFiles(event.dataTransfer.files)
      }
    },
    overlay: over ? <div className="drop">{t("composer.drop")}</div> : null
  }
}
