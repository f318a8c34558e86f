/** Which model, how many tokens, what it cost: short in the row, whole in a popover. */
import type { ChatMessage } from "../../client/sdk.ts"
import { PopoverButton } from "../../design/popups.tsx"
import { useText } from "../../i18n/useText.ts"
import { presentLocale } from "../../i18n/texts.ts"
import { modelName } from "../models/modelName.ts"
import { formatMoney } from "./formatMoney.ts"

export const MessageDetails = ({ message }: { readonly message: ChatMessage }) => {
  const t = useText()
  const { usage } = message
  const asked = message.askedModel ?? message.stored?.model ?? undefined
  const number = new Intl.NumberFormat(presentLocale())
  // What the server reckoned, with the prices of whoever answered; free and unknown are not the same.
  const cost = usage?.costNanoDollars
  const money = cost === undefined ? undefined : `${usage?.isEstimated === true ? "≈ " : ""}${formatMoney(cost)}`
  return (
    <PopoverButton
      className="details"
      label={t("message.details")}
      button={
        <button className="message-meta">
          <span className="message-model">{modelName(message.model ?? "")}</span>
          {usage === null ? null : (
            <span className="message-tokens">
              {t("message.tokens", { input: number.format(usage.inputTokens), output: number.format(usage.outputTokens) })}
            </span>
          )}
          {money === undefined ? null : <span className="message-money">{money}</span>}
          <span className="visually-hidden">{t("message.details")}</span>
        </button>
      }
    >
      {() => (
        <>
          <h3 className="menu-label">{t("message.details")}</h3>
          <dl>
            <Row name={t("message.model")} value={message.model ?? "–"} />
            {asked === undefined || asked === message.model ? null : <Row name={t("message.asked")} value={asked} />}
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
        </>
      )}
    </PopoverButton>
  )
}

const Row = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)
