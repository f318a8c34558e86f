/** Portkey's open-source gateway, as its package starts it. */
import { freePort, startChild } from "../harness/Child.ts"
import type { Child } from "../harness/Child.ts"
import { serverCore } from "../harness/Machine.ts"

const directory = new URL("../node_modules/@portkey-ai/gateway/", import.meta.url).pathname

export const startPortkey = async (): Promise<Child> => {
  const port = await freePort()
  const child = await startChild({
    name: "Portkey",
    script: `${directory}build/start-server.js`,
    args: [`--port=${port}`, "--headless"],
    cwd: directory,
    env: { NODE_ENV: "production" },
    core: serverCore,
    ready: /localhost:(\d+)[^]*Ready for connections/
  })
  return { ...child, port }
}
