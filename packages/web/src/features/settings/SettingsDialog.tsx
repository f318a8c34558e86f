import { Switch } from "@base-ui/react/switch"
import { Tabs } from "@base-ui/react/tabs"
import { useState, useSyncExternalStore } from "react"
import { useApp } from "../../app/AppContext.ts"
import { Dialog } from "../../design/Dialog.tsx"
import { theme, type Theme } from "../../design/theme.ts"
import { chooseLanguage, isLanguage, languages, presentLanguage } from "../../i18n/texts.ts"
import { useText } from "../../i18n/useText.ts"
import { PromptList } from "../prompts/PromptList.tsx"
import { canNotify, notificationsOn, setNotifications } from "./notifications.ts"

export const SettingsDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const t = useText()
  const { isGuest } = useApp()
  const general = (
    <>
      <ThemeSetting />
      <LanguageSetting />
      <NotificationSetting />
    </>
  )
  if (isGuest) {
    return (
      <Dialog title={t("settings.title")} onClose={onClose} wide>
        <div className="form">{general}</div>
      </Dialog>
    )
  }
  return (
    <Dialog title={t("settings.title")} onClose={onClose} wide>
      <Tabs.Root className="form" defaultValue="general">
        <Tabs.List className="tabs">
          <Tabs.Tab value="general">{t("settings.general")}</Tabs.Tab>
          <Tabs.Tab value="prompts">{t("settings.prompts")}</Tabs.Tab>
          <Tabs.Tab value="presets">{t("settings.presets")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="general" className="settings-panel">
          {general}
        </Tabs.Panel>
        <Tabs.Panel value="prompts" className="settings-panel">
          <PromptList kind="prompt" />
        </Tabs.Panel>
        <Tabs.Panel value="presets" className="settings-panel">
          <PromptList kind="preset" />
        </Tabs.Panel>
      </Tabs.Root>
    </Dialog>
  )
}

const themes: ReadonlyArray<Theme> = ["system", "light", "dark"]

const ThemeSetting = () => {
  const t = useText()
  const chosen = useSyncExternalStore(theme.subscribe, theme.chosen)
  return (
    <fieldset className="setting">
      <span id="theme">{t("settings.theme")}</span>
      <span className="segments" role="radiogroup" aria-labelledby="theme">
        {themes.map((value) => (
          <label key={value}>
            <input type="radio" name="theme" checked={chosen === value} onChange={() => theme.choose(value)} />
            <span>{t(`settings.theme.${value}`)}</span>
          </label>
        ))}
      </span>
    </fieldset>
  )
}

const LanguageSetting = () => {
  const t = useText()
  return (
    <label className="setting">
      <span>{t("settings.language")}</span>
      <select
        className="input setting-choice"
        value={presentLanguage()}
        onChange={(event) => {
          if (isLanguage(event.target.value)) void chooseLanguage(event.target.value)
        }}
      >
        {Object.entries(languages).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

const NotificationSetting = () => {
  const t = useText()
  const [on, setOn] = useState(notificationsOn)
  const [denied, setDenied] = useState(false)
  if (!canNotify) return null
  const change = async (wanted: boolean): Promise<void> => {
    const holds = await setNotifications(wanted)
    setOn(holds)
    setDenied(wanted && !holds)
  }
  return (
    <div className="setting">
      <span id="notifications">
        {t("settings.notifications")}
        {denied ? <small role="alert">{t("settings.notificationsDenied")}</small> : null}
      </span>
      <Switch.Root
        className="switch"
        checked={on}
        onCheckedChange={(wanted) => void change(wanted)}
        aria-labelledby="notifications"
      >
        <Switch.Thumb />
      </Switch.Root>
    </div>
  )
}
