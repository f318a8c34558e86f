import { CalendarDays, Code, Lightbulb, PenLine } from "lucide-react"
import type { ReactNode } from "react"
import { Logo } from "../../design/Logo.tsx"
import { useText } from "../../i18n/useText.ts"
import "./welcome.css"

interface WelcomeProps {
  /** Who is here. */
  readonly name: string
  readonly composer: ReactNode
  readonly onChoose: (text: string) => void
}

const starters = [
  { icon: Lightbulb, title: "welcome.explain", text: "welcome.explainText" },
  { icon: PenLine, title: "welcome.write", text: "welcome.writeText" },
  { icon: Code, title: "welcome.code", text: "welcome.codeText" },
  { icon: CalendarDays, title: "welcome.plan", text: "welcome.planText" }
] as const

/** A conversation that has not begun. */
export const Welcome = ({ composer, name, onChoose }: WelcomeProps) => {
  const t = useText()
  return (
    <div className="welcome">
      <div className="welcome-inner">
        <header>
          <Logo size={44} />
          <h1>
            {t(greetingAt(new Date().getHours()))}
            <PersonName name={name} />
          </h1>
          <p>{t("welcome.lead")}</p>
        </header>
        {composer}
        <ul className="starters">
          {starters.map(({ icon: Icon, text, title }) => (
            <li key={title}>
              <button type="button" onClick={() => onChoose(t(text))}>
                <Icon aria-hidden />
                {t(title)}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}

/** Longer names, and those of programs, are not called out. */
const maxCalledLength = 24

const PersonName = ({ name }: { readonly name: string }) =>
  name === "" || name.length > maxCalledLength || !/^\p{L}/u.test(name) ? null : <bdi>, {name}</bdi>

const greetingAt = (hour: number) => (hour < 5 || hour >= 18 ? "welcome.evening" : hour < 12 ? "welcome.morning" : "welcome.day")
