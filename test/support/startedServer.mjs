/** Stands in for the server: tells of each signal, and stops at SIGTERM with a code of its own. */
process.on("SIGINT", () => process.stdout.write("SIGINT\n"))
process.on("SIGTERM", () => process.stdout.write("SIGTERM\n", () => process.exit(7)))
setInterval(() => {}, 1_000)
process.stdout.write(`${process.pid}\n`)
