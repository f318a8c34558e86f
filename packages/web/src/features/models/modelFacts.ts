import type { Model } from "../../client/listModels.ts"
import { presentLocale } from "../../i18n/texts.ts"
import type { Text } from "../../i18n/useText.ts"

/** What a model costs and how much it can read, as far as it is known: `$2.50/M in · $10/M out · 128K context`. */
export const modelFacts = (t: Text, { contextTokens, price }: Model): string => {
  const told: Array<string> = []
  if (price !== undefined) told.push(t("models.price", { input: dollars(price.input), output: dollars(price.output) }))
  if (contextTokens !== undefined) {
    const tokens = new Intl.NumberFormat(presentLocale(), { notation: "compact" }).format(contextTokens)
    told.push(t("models.context", { tokens }))
  }
  return told.join(" · ")
}

/** As vendors write them: cents where there are any, and more only where that would be zero. */
const dollars = (amount: number): string =>
  new Intl.NumberFormat(presentLocale(), {
    style: "currency",
    currency: "USD",
    trailingZeroDisplay: "stripIfInteger",
    maximumFractionDigits: amount < 0.1 ? 4 : 2
  }).format(amount)
