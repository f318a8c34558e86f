import { Check } from "lucide-react"
import { useId, useMemo, useState, type KeyboardEvent } from "react"
import type { Model } from "../../client/listModels.ts"
import { useText } from "../../i18n/useText.ts"
import { modelFacts } from "./modelFacts.ts"
import { modelName, providerName } from "./modelName.ts"
import { useModels } from "./useModels.ts"
import "./models.css"

/** Models from which on a search field helps. */
const searchFrom = 7

interface ModelListProps {
  readonly value: string
  readonly onChoose: (model: string) => void
}

export const ModelList = ({ onChoose, value }: ModelListProps) => {
  const t = useText()
  const id = useId()
  const models = useModels()
  const [query, setQuery] = useState("")
  const shown = useMemo(() => models.filter(({ id }) => id.toLowerCase().includes(query.toLowerCase())), [models, query])
  const [active, setActive] = useState(() =>
    Math.max(
      0,
      models.findIndex((model) => model.id === value)
    )
  )
  const present = Math.min(active, Math.max(0, shown.length - 1))
  const onKeyDown = (event: KeyboardEvent) => {
    const chosen = shown[present]
    if (event.key === "ArrowDown") setActive((present + 1) % Math.max(1, shown.length))
    else if (event.key === "ArrowUp") setActive((present - 1 + shown.length) % Math.max(1, shown.length))
    else if (event.key === "Enter" && chosen !== undefined) onChoose(chosen.id)
    else return
    event.preventDefault()
  }
  return (
    <>
      <input
        className="input models-search"
        data-quiet={models.length < searchFrom || undefined}
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={shown.length === 0 ? undefined : `${id}-${present}`}
        aria-label={t("models.search")}
        placeholder={t("models.search")}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value)
          setActive(0)
        }}
        onKeyDown={onKeyDown}
      />
      {shown.length === 0 ? <p className="suggestions-empty">{t("models.none")}</p> : null}
      <ul id={id} role="listbox" aria-label={t("models.label")}>
        {shown.map((model, index) => (
          <ModelOption
            key={model.id}
            id={`${id}-${index}`}
            model={model}
            chosen={model.id === value}
            active={index === present}
            onActive={() => setActive(index)}
            onChoose={() => onChoose(model.id)}
          />
        ))}
      </ul>
    </>
  )
}

interface ModelOptionProps {
  readonly id: string
  readonly model: Model
  readonly chosen: boolean
  readonly active: boolean
  readonly onActive: () => void
  readonly onChoose: () => void
}

const ModelOption = ({ active, chosen, id, model, onActive, onChoose }: ModelOptionProps) => {
  const t = useText()
  const facts = modelFacts(t, model)
  return (
    <li
      id={id}
      role="option"
      aria-selected={chosen}
      className="menu-item"
      data-selected={active}
      onPointerMove={onActive}
      onClick={onChoose}
    >
      <span className="models-name">
        <span>{modelName(model.id)}</span>
        {facts === "" ? null : <small title={t("models.priceHint")}>{facts}</small>}
      </span>
      <span className="menu-note">{providerName(model.id)}</span>
      <Check aria-hidden style={{ visibility: chosen ? "visible" : "hidden" }} />
    </li>
  )
}
