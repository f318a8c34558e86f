import { safeImage, safeLink } from "../../markdown/safeUrl.ts"
import { useText } from "../../i18n/useText.ts"

/** An attached image. Of another host it is only named, so that looking at a conversation tells nobody. */
export const MessageImage = ({ url }: { readonly url: string }) => {
  const t = useText()
  const own = safeImage(url, location.origin)
  if (own !== undefined) return <img className="message-image" src={own} alt={t("message.image")} loading="lazy" />
  const link = safeLink(url)
  return link === undefined ? null : (
    <a className="bubble" href={link} target="_blank" rel="noopener noreferrer nofollow">
      {t("message.openImage", { name: link })}
    </a>
  )
}
