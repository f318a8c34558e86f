/** Which model, how many tokens, what it cost: short in the row, whole in a popover. */
import { Popover } from "@base-ui/react/popover"
import type { ChatMessage } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { presentLocale } from "../../i18n/texts.ts"
import { modelName } from "../models/modelName.ts"

export const MessageDetails = ({ message }: { readonly message: ChatMessage }) => {
  const t = useText()
  const { usage } = message
  const number = new Intl.NumberFormat(presentLocale())
  // What the server reckoned, with the prices of whoever answered; free and unknown are not the same.
  const cost = usage?.costNanoDollars
  const money = cost === undefined ? undefined : `${usage?.isEstimated === true ? "≈ " : ""}${formatMoney(cost / nanoDollars)}`
  return (
    <Popover.Root>
      <Popover.Trigger className="message-meta">
        <span>{modelName(message.model ?? "")}</span>
        {usage === null ? null : (
          <span className="message-tokens">
            {t("message.tokens", { input: number.format(usage.inputTokens), output: number.format(usage.outputTokens) })}
          </span>
        )}
        {money === undefined ? null : <span>{money}</span>}
        <span className="visually-hidden">{t("message.details")}</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="start" className="layer-menu">
          <Popover.Popup className="menu details">
            <Popover.Title className="menu-label">{t("message.details")}</Popover.Title>
            <dl>
              <Row name={t("message.model")} value={message.model ?? "–"} />
              {usage === null ? null : (
                <>
                  <Row name={t("message.inputTokens")} value={number.format(usage.inputTokens)} />
                  {usage.cachedInputTokens === 0 ? null : (
                    <Row name={t("message.cachedTokens")} value={number.format(usage.cachedInputTokens)} />
                  )}
                  <Row name={t("message.outputTokens")} value={number.format(usage.outputTokens)} />
                  {usage.reasoningTokens === 0 ? null : (
                    <Row name={t("message.reasoningTokens")} value={number.format(usage.reasoningTokens)} />
                  )}
                </>
              )}
              {money === undefined ? null : <Row name={t("message.cost")} value={money} />}
              <Row name={t("message.time")} value={new Date(message.createdAtMs).toLocaleString(presentLocale())} />
            </dl>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}

const Row = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)

const nanoDollars = 1_000_000_000

const formatMoney = (dollars: number): string =>
  new Intl.NumberFormat(presentLocale(), {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: 2,
    maximumSignificantDigits: 2
  }).format(dollars)
