import { Component, type ReactNode } from "react"
import { useText } from "../i18n/useText.ts"

interface PageFaultState {
  readonly failed: boolean
}

/** The last line: what broke the page is told, with the way on. React wants a class for it. */
export class PageFault extends Component<{ readonly children: ReactNode }, PageFaultState> {
  override state: PageFaultState = { failed: false }

  static getDerivedStateFromError(): PageFaultState {
    return { failed: true }
  }

  override render(): ReactNode {
    return this.state.failed ? <Fault /> : this.props.children
  }
}

const Fault = () => {
  const t = useText()
  return (
    <main className="empty-page">
      <div role="alert">
        <h1>{t("error.page")}</h1>
        <p>{t("error.pageHint")}</p>
      </div>
      <button type="button" className="button" data-kind="primary" onClick={() => location.reload()}>
        {t("error.reload")}
      </button>
    </main>
  )
}
