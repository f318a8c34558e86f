/** In the page before anything of it: what a person would notice, and what the socket says. */
{
  const found = {
    interactiveMs: 0,
    layoutShift: 0,
    longTasks: 0,
    longestTaskMs: 0,
    frames: 0,
    worked: 0,
    renders: 0,
    mostRenders: 0
  }
  /** Those that were there when the last question was put. */
  const answered = new WeakSet()
  const newAnswer = () => {
    const answer = [...document.querySelectorAll(".answer")].at(-1)
    return answer !== undefined && !answered.has(answer) ? answer : undefined
  }
  const sockets = { openings: 0, lostAt: 0, triedAt: 0, caughtUpAt: 0, followed: 0 }
  Object.assign(globalThis, {
    bench: {
      found,
      sockets,
      is: {
        painted: () => performance.getEntriesByName("first-contentful-paint").length > 0,
        interactive: () => found.interactiveMs > 0,
        answering: () => newAnswer() !== undefined,
        answered: () => (newAnswer()?.querySelector("[aria-label='Answer again']") ?? null) !== null,
        following: (count) => sockets.followed >= count,
        reopened: (before) => sockets.openings > before
      },
      /** By so many pixels in each frame, for so many milliseconds: what was between each frame and the one before, and how far it went. */
      scroll: async (selector, stepPx, ms) => {
        const box = document.querySelector(selector)
        const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))
        const frames = []
        let scrolledPx = 0
        let before = await nextFrame()
        const endsAt = before + ms
        while (before < endsAt) {
          const from = box.scrollTop
          box.scrollTop += stepPx
          scrolledPx += Math.abs(box.scrollTop - from)
          const now = await nextFrame()
          frames.push(now - before)
          before = now
        }
        return { frames, scrolledPx }
      },
      asks: () => {
        for (const answer of document.querySelectorAll(".answer")) answered.add(answer)
      },
      reset: () =>
        Object.assign(found, { layoutShift: 0, longTasks: 0, longestTaskMs: 0, frames: 0, worked: 0, renders: 0, mostRenders: 0 })
    }
  })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) found.layoutShift += entry.value
  }).observe({ type: "layout-shift", buffered: true })
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      found.longTasks++
      found.longestTaskMs = Math.max(found.longestTaskMs, duration)
    }
  }).observe({ type: "longtask", buffered: true })

  // What React's own tools listen to: each commit is one render. It is there in pages as they are shipped, in both that are compared.
  let renders = 0
  globalThis.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
    supportsFiber: true,
    renderers: new Map(),
    inject: () => 1,
    checkDCE: () => {},
    onCommitFiberUnmount: () => {},
    onPostCommitFiberRoot: () => {},
    onCommitFiberRoot: () => void renders++
  }
  const frame = () => {
    if (found.interactiveMs === 0 && document.querySelector("textarea:not(:disabled)") !== null)
      found.interactiveMs = performance.now()
    found.frames++
    if (renders > 0) found.worked++
    found.renders += renders
    found.mostRenders = Math.max(found.mostRenders, renders)
    renders = 0
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)

  const Original = WebSocket
  globalThis.WebSocket = class extends Original {
    constructor(...given) {
      super(...given)
      sockets.openings++
      sockets.triedAt = performance.now()
      sockets.followed = 0
      const asked = new Set()
      const send = this.send.bind(this)
      this.send = (text) => {
        const { id, type } = JSON.parse(text)
        if (type === "follow") asked.add(id)
        send(text)
      }
      this.addEventListener("close", () => (sockets.lostAt = performance.now()))
      this.addEventListener("message", ({ data }) => {
        const { id, type } = JSON.parse(data)
        if (type !== "done" || !asked.delete(id)) return
        sockets.followed++
        sockets.caughtUpAt = performance.now()
      })
    }
  }
}
