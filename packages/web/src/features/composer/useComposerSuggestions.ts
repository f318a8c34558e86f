import { useMemo } from "react"
import { useApp } from "../../app/AppContext.ts"
import { usePrompts } from "../../client/prompts.ts"
import type { Member } from "../../client/sdk.ts"
import { useText } from "../../i18n/useText.ts"
import { providerName, modelName } from "../models/modelName.ts"
import { useModels } from "../models/useModels.ts"
import type { SuggestionSource } from "./useSuggestions.ts"

/** Longest part of a prompt that is shown beside its name, in UTF-16 code units. */
const maxNoteLength = 60

/** The prompt library after a `/` at the beginning; models after an `@`, and with them the people of a room. */
export const useComposerSuggestions = (members?: ReadonlyArray<Member>): ReadonlyArray<SuggestionSource> => {
  const t = useText()
  const { isGuest } = useApp()
  const models = useModels()
  const prompts = usePrompts()
  return useMemo(
    () => [
      ...(isGuest
        ? []
        : [
            {
              sign: "/" as const,
              onlyAtStart: true,
              title: t("composer.prompts"),
              emptyText: t("composer.noPrompts"),
              items: prompts
                .filter(({ kind }) => kind === "prompt")
                .map(({ id, name, text }) => ({ id, label: name, note: text.slice(0, maxNoteLength), text }))
            }
          ]),
      {
        sign: "@",
        onlyAtStart: false,
        title: t(members === undefined ? "composer.mention" : "composer.mentionRoom"),
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
    [isGuest, members, models, prompts, t]
  )
}
