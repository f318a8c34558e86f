/** What of a request costs tokens: its texts, one by one, its pictures, and how many messages and tools hold them. */
import type { ImagePart, Part } from "@parley/domain/Content"
import type { ModelRequest } from "@parley/domain/ModelRequest"

export interface PromptParts {
  readonly texts: ReadonlyArray<string>
  readonly images: ReadonlyArray<ImagePart>
  readonly messages: number
}

export const promptPartsOf = ({ messages, parameters }: Pick<ModelRequest, "messages" | "parameters">): PromptParts => {
  const texts: Array<string> = []
  const images: Array<ImagePart> = []
  for (const { content } of messages) collect(content, texts, images)
  if (parameters.tools !== undefined && parameters.tools.length > 0) texts.push(JSON.stringify(parameters.tools))
  if (parameters.responseFormat?.type === "json-schema") texts.push(JSON.stringify(parameters.responseFormat.schema))
  return { texts, images, messages: messages.length }
}

/** Of an answer, which costs what it says and no more. */
export const answerTextsOf = (content: ReadonlyArray<Part>): ReadonlyArray<string> => {
  const texts: Array<string> = []
  collect(content, texts, [])
  return texts
}

const collect = (content: ReadonlyArray<Part>, texts: Array<string>, images: Array<ImagePart>): void => {
  for (const part of content) {
    switch (part.type) {
      case "text":
      case "reasoning":
        if (part.text !== "") texts.push(part.text)
        break
      case "tool-call":
        texts.push(part.name, part.arguments)
        break
      case "tool-result":
        texts.push(part.content)
        break
      case "image":
        images.push(part)
        break
    }
  }
}

/** UTF-16 code units of all texts: an upper bound of the tokens for nearly any text, for next to nothing. */
export const textLengthOf = ({ messages }: Pick<ModelRequest, "messages">): number => {
  let length = 0
  for (const { content } of messages) {
    for (const part of content) {
      switch (part.type) {
        case "text":
        case "reasoning":
          length += part.text.length
          break
        case "tool-call":
          length += part.arguments.length
          break
        case "tool-result":
          length += part.content.length
          break
        case "image":
          break
      }
    }
  }
  return length
}
