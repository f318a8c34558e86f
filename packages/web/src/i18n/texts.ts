/**
 * The texts of the present language. `en.ts` is the list of all keys: a key that is not there, or a translation that lacks one, is a type
 * error. Plural forms, numbers, lists and dates are the browser's own `Intl`; a library for the rest weighed more than all texts together.
 */
import { Value } from "../client/Value.ts"
import { isolated } from "./bidi.ts"
import { en, type Catalogue, type TextKey } from "./en.ts"

export const languages = { en: "English", de: "Deutsch" } as const
export type Language = keyof typeof languages

const directions: Readonly<Record<Language, "ltr" | "rtl">> = { en: "ltr", de: "ltr" }

/** Every language but English is a part of its own, fetched when it is chosen. */
const catalogues: Readonly<Record<Language, () => Promise<Catalogue>>> = {
  en: async () => en,
  de: async () => (await import("./de.ts")).de
}

/** `list.shared` for `list.shared_one` and `list.shared_other`. */
type Plural<Key> = Key extends `${infer Name}_other` ? Name : never
export type TextName = Exclude<TextKey, `${string}_${"one" | "other"}`> | Plural<TextKey>

type Values = Readonly<Record<string, string | number>>

/** The text of that name, `{{x}}` filled in from `values`; of plural forms the one for `values.count`. */
export type Text = (name: TextName, values?: Values) => string

export const languageKey = "parley.language"

const textOf =
  (language: Language, catalogue: Catalogue): Text =>
  (name, values = {}) => {
    const { count } = values
    const text = typeof count === "number" ? formOf(language, catalogue, name, count) : lookUp(catalogue, name)
    return text.replace(/\{\{(\w+)\}\}/g, (whole, key: string) =>
      values[key] === undefined ? whole : isolated(String(values[key]))
    )
  }

const isKey = (name: string): name is TextKey => Object.hasOwn(en, name)

const lookUp = (catalogue: Catalogue, name: string): string => (isKey(name) ? catalogue[name] : name)

const formOf = (language: Language, catalogue: Catalogue, name: string, count: number): string => {
  const form = `${name}_${new Intl.PluralRules(language).select(count)}`
  if (isKey(form)) return catalogue[form]
  return lookUp(catalogue, isKey(`${name}_other`) ? `${name}_other` : name)
}

const present = new Value<{ readonly language: Language; readonly text: Text }>({ language: "en", text: textOf("en", en) })

export const texts = {
  subscribe: present.subscribe,
  /** The same function for as long as the language is. */
  text: (): Text => present.getSnapshot().text
}

export const presentLanguage = (): Language => present.getSnapshot().language

/** For numbers and dates: the person's own variety of the language, where they have one. */
export const presentLocale = (): string => {
  const language = presentLanguage()
  return navigator.languages.find((wanted) => wanted.split("-", 1)[0] === language) ?? language
}

/** Before the first render: the chosen language, else the browser's, else English. */
export const startTexts = async (): Promise<void> => {
  const wanted = preferred()
  // A catalogue that cannot be fetched leaves English.
  await show(wanted).catch(() => show("en"))
}

export const chooseLanguage = async (language: Language): Promise<void> => {
  await show(language)
  try {
    localStorage.setItem(languageKey, language)
  } catch {
    // Storage is refused: it holds until the page goes.
  }
}

const show = async (language: Language): Promise<void> => {
  const catalogue = await catalogues[language]()
  document.documentElement.lang = language
  document.documentElement.dir = directions[language]
  present.set({ language, text: textOf(language, catalogue) })
}

export const isLanguage = (value: string): value is Language => Object.hasOwn(languages, value)

const preferred = (): Language => {
  let chosen: string | null = null
  try {
    chosen = localStorage.getItem(languageKey)
  } catch {
    // Storage is refused.
  }
  for (const wanted of chosen === null ? navigator.languages : [chosen]) {
    const base = wanted.split("-", 1)[0] ?? ""
    if (isLanguage(base)) return base
  }
  return "en"
}
