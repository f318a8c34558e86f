/**
 * Five minutes through the app, by itself, in a window that one can watch: `npm run tour`, which starts what it shows, or `npm run tour -- URL KEY [URL KEY]`
 * of servers that run: one with the Demo provider, and perhaps one like that of `startServer`, whose first provider breaks off. It needs a Chromium
 * (`PARLEY_TEST_CHROMIUM`, else one that is found). `PARLEY_TOUR_PACE=0` runs it without pauses and without a window.
 */
import { chromium } from "playwright-core"
import { findChromium } from "../../../test/support/findChromium.ts"
import { startProvider } from "./provider.ts"
import { scenes } from "./scenes.ts"
import { administratorKey, startServer } from "./server.ts"
import { openStage, type Place } from "./stage.ts"

/** Milliseconds that each sight is shown. */
const paceMs = Number(process.env["PARLEY_TOUR_PACE"] ?? 4_400)

const tell = (text: string) => process.stdout.write(`${text}\n`)

const play = async (place: Place, failing: Place | undefined): Promise<void> => {
  const browser = await chromium.launch({
    executablePath: await findChromium(),
    headless: paceMs === 0,
    args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
  })
  try {
    const stage = await openStage(browser, { place, failing, paceMs })
    for (const scene of scenes) {
      if (scene.needsFailing && failing === undefined) {
        tell(`${scene.title}: left out, as it needs a server with a provider that breaks off`)
        continue
      }
      tell(scene.title)
      await scene.play(stage)
      await stage.pause()
    }
  } finally {
    await browser.close()
  }
}

const playOnOwnServers = async (): Promise<void> => {
  const demo = await startServer()
  try {
    const provider = await startProvider()
    try {
      const failing = await startServer(provider)
      try {
        await play({ url: demo.url, key: administratorKey }, { url: failing.url, key: administratorKey })
      } finally {
        await failing.stop()
      }
    } finally {
      provider.stop()
    }
  } finally {
    await demo.stop()
  }
}

const [url, key = process.env["PARLEY_BOOTSTRAP_API_KEY"] ?? "", failingUrl, failingKey = ""] = process.argv.slice(2)
if (url === undefined) await playOnOwnServers()
else await play({ url, key }, failingUrl === undefined ? undefined : { url: failingUrl, key: failingKey })
