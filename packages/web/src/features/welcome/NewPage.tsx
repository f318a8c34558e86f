import { SlidersHorizontal } from "lucide-react"
import { useEffect, useRef, useState } from "react"
import { useLocation } from "wouter"
import { useApp } from "../../app/AppContext.ts"
import { Asked } from "../../app/Asked.ts"
import { newPlace, useReportAt } from "../../app/useReportAt.ts"
import type { ConversationInput, UserContent } from "../../client/sdk.ts"
import { fetched } from "../../design/fetched.tsx"
import { IconButton } from "../../design/IconButton.tsx"
import { tellMissingPart } from "../../design/tellMissingPart.ts"
import { useText } from "../../i18n/useText.ts"
import { Composer, type ComposedMessage, type ComposerHandle } from "../composer/Composer.tsx"
import { withUploads } from "../composer/withUploads.ts"
import { useComposerSuggestions } from "../composer/useComposerSuggestions.ts"
import { useFileDrop } from "../composer/useFileDrop.tsx"
import { ModelPicker } from "../models/ModelPicker.tsx"
import { useChosenModel, useModelIds } from "../models/useModels.ts"
import { askOf } from "../rooms/askOf.ts"
import { beginHere } from "../thread/begunHere.ts"
import { Welcome } from "./Welcome.tsx"

const ParametersDialog = fetched(async () => (await import("../models/ParametersDialog.tsx")).ParametersDialog, Asked)

/** Where a conversation begins: it is made when its first message goes out, at once or when there is a network. */
export const NewPage = () => {
  const t = useText()
  const { me, parley } = useApp()
  const report = useReportAt(newPlace)
  const [, navigate] = useLocation()
  const composer = useRef<ComposerHandle>(null)
  const [model, chooseModel] = useChosenModel()
  const modelIds = useModelIds()
  const [manner, setManner] = useState<ConversationInput>({})
  const [tuning, setTuning] = useState(false)
  const suggestions = useComposerSuggestions()
  const drop = useFileDrop((files) => composer.current?.addFiles(files))
  useEffect(() => {
    document.title = t("app.name")
    if (matchMedia("(hover: hover)").matches) composer.current?.focus()
  }, [t])

  /** Files are given to what is there. A conversation whose first files were refused is not kept. */
  const contentOf = async (id: string, beginning: ConversationInput, message: ComposedMessage): Promise<UserContent> => {
    let isMade = false
    const make = async () => {
      await parley.api.conversations.create({ ...beginning, id })
      isMade = true
    }
    try {
      return await withUploads(parley, id, message, make)
    } catch (error) {
      // Why they were refused is told, whatever becomes of it.
      if (isMade) await parley.api.conversations.remove({ id }).catch(() => {})
      throw error
    }
  }

  const send = async (message: ComposedMessage): Promise<boolean> => {
    const beginning = { ...(model === undefined ? {} : { model }), ...manner }
    const chat = parley.begin(beginning)
    const { pathname } = location
    try {
      const { content: said, ...options } = askOf(await contentOf(chat.id, beginning, message), false, modelIds)
      chat.send(said, options)
      beginHere(chat.id)
      // Whoever went elsewhere while the files were on their way stays there.
      if (location.pathname === pathname) navigate(`/c/${chat.id}`)
      return true
    } catch (error) {
      chat.close()
      report(error)
      return false
    }
  }

  return (
    <>
      <div className="page" {...drop.props}>
        {drop.overlay}
        <Welcome
          name={me.principal.displayName}
          onChoose={(text) => composer.current?.insert(text)}
          composer={
            <Composer
              ref={composer}
              draftId={newPlace}
              placeholder={t("composer.placeholder")}
              streaming={false}
              onStop={() => {}}
              onSend={send}
              suggestions={suggestions}
              tools={
                <>
                  <IconButton label={t("parameters.title")} onClick={() => setTuning(true)}>
                    <SlidersHorizontal aria-hidden />
                  </IconButton>
                  {model === undefined ? null : <ModelPicker value={model} onChange={chooseModel} />}
                </>
              }
            />
          }
        />
      </div>
      {tuning ? (
        <ParametersDialog
          value={manner}
          onClose={() => setTuning(false)}
          onMissing={() => {
            tellMissingPart()
            setTuning(false)
          }}
          onChange={({ model: ofPreset, ...rest }) => {
            setManner(rest)
            // Where it is seen, and can be chosen otherwise.
            if (ofPreset !== undefined) chooseModel(ofPreset)
          }}
        />
      ) : null}
    </>
  )
}
