/** What people are told of what went wrong. */
import { expect, it } from "vitest"
import { codeText } from "../../src/client/codeText.ts"
import { de } from "../../src/i18n/de.ts"
import type { Text } from "../../src/i18n/texts.ts"

const inGerman: Text = (name, values = {}) => {
  const text: unknown = Reflect.get(de, name)
  return String(text).replace(/\{\{(\w+)\}\}/g, (_, key: string) => String(values[key]))
}

it("tells what people meet in their language, and keeps the server's words where only they say what was wrong", () => {
  expect(codeText(inGerman, { code: "provider_timeout", message: "openai did not answer in time" })).toBe(
    "Das Modell hat nicht rechtzeitig geantwortet."
  )
  expect(codeText(inGerman, { code: "provider_rejected", message: "no such thing" })).toBe(
    "Der Anbieter des Modells hat die Anfrage abgelehnt: no such thing"
  )
  expect(codeText(inGerman, { code: "invalid_request", message: "The file is empty." })).toBe("The file is empty.")
})
