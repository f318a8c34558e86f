import type { Token } from "marked"
import { Fragment, memo } from "react"
import { contained } from "../i18n/bidi.ts"
import { Plain } from "../i18n/Plain.tsx"
import { decodeEntities } from "./decodeEntities.ts"
import { isMarkedToken } from "./lexMarkdown.ts"
import { Mathematics } from "./Mathematics.tsx"
import { isMathToken } from "./mathSyntax.ts"
import { safeImage, safeLink } from "./safeUrl.ts"

export const Inline = ({ tokens }: { readonly tokens: ReadonlyArray<Token> }) =>
  tokens.map((token, index) => <InlineToken key={index} token={token} />)

const InlineToken = memo(({ token }: { readonly token: Token }) => {
  if (isMathToken(token)) return <Mathematics tex={token.tex} display={token.display} />
  if (!isMarkedToken(token)) return null
  switch (token.type) {
    case "text":
      return token.tokens === undefined ? <Plain text={decodeEntities(token.text)} /> : <Inline tokens={token.tokens} />
    case "escape":
      return contained(decodeEntities(token.text))
    case "strong":
      return (
        <strong>
          <Inline tokens={token.tokens} />
        </strong>
      )
    case "em":
      return (
        <em>
          <Inline tokens={token.tokens} />
        </em>
      )
    case "del":
      return (
        <del>
          <Inline tokens={token.tokens} />
        </del>
      )
    case "codespan":
      return <code>{contained(token.text)}</code>
    case "br":
      return <br />
    case "link":
      return <Link href={token.href} tokens={token.tokens} />
    case "image":
      return <Image href={token.href} alt={token.text} />
    case "html":
      return /^<br\s*\/?>$/i.test(token.text.trim()) ? <br /> : contained(token.text)
    default:
      return <Fragment>{contained(token.raw)}</Fragment>
  }
})

const Link = ({ href, tokens }: { readonly href: string; readonly tokens: ReadonlyArray<Token> }) => {
  const url = safeLink(href)
  if (url === undefined) return <Inline tokens={tokens} />
  return (
    <a href={url} target="_blank" rel="noopener noreferrer nofollow ugc">
      <Inline tokens={tokens} />
    </a>
  )
}

const Image = ({ alt, href }: { readonly alt: string; readonly href: string }) => {
  const own = safeImage(href, location.origin)
  if (own !== undefined) return <img src={own} alt={alt} loading="lazy" />
  const url = safeLink(href)
  const name = contained(alt === "" ? href : alt)
  if (url === undefined) return name
  return (
    <a className="md-image-link" href={url} target="_blank" rel="noopener noreferrer nofollow ugc">
      {name}
    </a>
  )
}
