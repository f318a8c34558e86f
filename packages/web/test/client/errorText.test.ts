/** What people are told of what went wrong. */
import { afterEach, expect, it, vi } from "vitest"
import { codeText } from "../../src/client/codeText.ts"
import { DatabaseSilentError } from "../../src/client/database.ts"
import { ParleyOutboxError } from "../../src/client/sdk.ts"
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

afterEach(() => vi.unstubAllGlobals())

it("tells a device without room from a browser that says nothing of what it keeps", async () => {
  vi.stubGlobal("location", { origin: "http://parley" })
  const { errorText } = await import("../../src/client/errorText.ts")
  const unkept = (cause: Error) => new ParleyOutboxError("storage-full", "not kept", { cause })
  expect(errorText(inGerman, unkept(new DOMException("full", "QuotaExceededError")))).toContain("kein Platz")
  expect(errorText(inGerman, unkept(unkept(new DatabaseSilentError("silent"))))).toContain("bewahrt gerade nichts auf")
})
