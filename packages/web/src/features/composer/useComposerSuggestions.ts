import { useMemo } from "react"
import type { Member } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { providerName, modelName } from "../models/modelName.ts"
import { useModels } from "../models/useModels.ts"
import type { SuggestionSource } from "./useSuggestions.ts"

/** Models after an `@`, and with them the people of a room. */
export const useComposerSuggestions = (members?: ReadonlyArray<Member>): ReadonlyArray<SuggestionSource> => {
  const t = useText()
  const models = useModels()
  return useMemo(
    () => [
      {
        sign: "@",
        onlyAtStart: false,
        title: t("composer.mention"),
        items: [
          ...models.map(({ id }) => ({ id, label: modelName(id), note: providerName(id), text: `@${id}` })),
          ...(members ?? []).map(({ displayName, principalId }) => ({
            id: principalId,
            label: displayName,
            note: t("composer.people"),
            text: `@${displayName}`
          }))
        ]
      }
    ],
    [members, models, t]
  )
}
