/** Loaded before the server: when the process that started it is gone, killed too hard to say so, the server goes as well. */
import { Socket } from "node:net"

const starterFd = 3

const lifeline = new Socket({ fd: starterFd, readable: true, writable: false })
lifeline.on("close", () => process.kill(process.pid, "SIGKILL"))
lifeline.on("error", () => {})
lifeline.resume()
lifeline.unref()
