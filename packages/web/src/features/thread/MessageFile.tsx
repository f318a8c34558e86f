import { FileText } from "lucide-react"
import { contained } from "../../i18n/bidi.ts"

interface MessageFileProps {
  /** Where its bytes are; undefined as long as they wait on this device. */
  readonly url: string | undefined
  readonly name: string
  readonly isImage: boolean
}

/** A file that was uploaded into the conversation, by whichever client: an image is shown, anything else is saved by a click. */
export const MessageFile = ({ isImage, name, url }: MessageFileProps) => {
  if (url === undefined) {
    return (
      <span className="attachment message-file">
        <FileText aria-hidden />
        <span className="attachment-name" dir="auto">
          {contained(name)}
        </span>
      </span>
    )
  }
  if (isImage) return <img className="message-image" src={url} alt={name} loading="lazy" />
  return (
    <a className="attachment message-file" href={url} download={name}>
      <FileText aria-hidden />
      <span className="attachment-name" dir="auto">
        {contained(name)}
      </span>
    </a>
  )
}
