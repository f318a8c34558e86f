import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import "@fontsource-variable/instrument-sans/wght.css"
import "./design/tokens.css"
import "./design/base.css"
import "./design/controls.css"
import { App } from "./app/App.tsx"
import { PageFault } from "./app/PageFault.tsx"
import { registerServiceWorker } from "./app/registerServiceWorker.ts"
import { followTabs, startSession } from "./client/session.ts"
import { startTexts } from "./i18n/texts.ts"

followTabs()
void startSession()
await startTexts()

const root = document.getElementById("root")
if (root === null) throw new Error("index.html has no #root")
createRoot(root).render(
  <StrictMode>
    <PageFault>
      <App />
    </PageFault>
  </StrictMode>
)

registerServiceWorker()
