import { presentLocale } from "../../i18n/texts.ts"

const nanoDollars = 1_000_000_000
/** From a cent on money has two digits after the point; below it two that say something. */
const cent = 0.01

export const formatMoney = (amountNanoDollars: number): string => {
  const dollars = amountNanoDollars / nanoDollars
  const digits =
    dollars === 0 || dollars >= cent ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumSignificantDigits: 2 }
  return new Intl.NumberFormat(presentLocale(), { style: "currency", currency: "USD", ...digits }).format(dollars)
}
