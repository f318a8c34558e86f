/** What a careful eye finds on a screen: of axe's rules, of what pokes out or is cut, of what is too small for a finger, and of the focus. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Page } from "playwright-core"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

/** Nothing half faded in is looked at; what never stops moving is not waited for. */
export const settled = (page: Page): Promise<unknown> =>
  page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getTiming().iterations !== Infinity)
        .map((animation) => animation.finished.catch(() => {}))
    )
  )

/** What opens from a button or lies over the page. */
const opened = ".dialog, .menu"

/**
 * Each of axe's faults with where it is; `colours` asks for contrast only. Where something stands open it is that, with its button, which is looked at: the page below it
 * was, before it was opened. How large a target is, `layoutFaults` tells, and more strictly.
 */
export const axeFaults = async (page: Page, what: "all" | "colours" = "all"): Promise<ReadonlyArray<string>> => {
  if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(axe)
  const isOpen = await page.locator(opened).first().isVisible()
  // What opens from a menu's button lies outside of all landmarks, at the end of the page.
  const rules = { "target-size": { enabled: false }, ...(isOpen ? { region: { enabled: false } } : {}) }
  const runOnly = what === "all" ? { type: "tag", values: tags } : { type: "rule", values: ["color-contrast"] }
  return page.evaluate<ReadonlyArray<string>>(`axe
    .run(${isOpen ? JSON.stringify({ include: [`${opened}, [aria-expanded=true]`] }) : "document"}, { runOnly: ${JSON.stringify(runOnly)}, rules: ${JSON.stringify(rules)}, iframes: false, resultTypes: ["violations"] })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 200))))`)
}

/** Smallest side of what one presses, in CSS pixels (WCAG 2.2, 2.5.8). */
const minTargetPx = 24

/** How a page is looked at. */
export interface Look {
  /** Text as readers set it: twice as large (WCAG 2.2, 1.4.4), or with its letters, words, lines and paragraphs as far apart as 1.4.12 names; or as it is. */
  readonly text?: "large" | "spaced"
  /** The window has changed: what is on the page, and what stands open, finds its place first. */
  readonly placed?: boolean
  /** From right to left too. */
  readonly mirrored?: boolean
}

export interface LayoutFaults {
  readonly plain: ReadonlyArray<string>
  /** Only where it was asked for. */
  readonly mirrored: ReadonlyArray<string>
}

/** What is wider than the window, text that is cut where nothing says that it goes on, and what is too small to be pressed. In one question: a page is asked in dozens of states. */
export const layoutFaults = (page: Page, look: Look): Promise<LayoutFaults> =>
  page.evaluate(
    async ({ minPx, mirrored: isMirrored = false, placed = false, text }) => {
      const root = document.documentElement
      const rests = () =>
        Promise.all(
          document
            .getAnimations()
            .filter((animation) => animation.effect?.getTiming().iterations !== Infinity)
            .map((animation) => animation.finished.catch(() => {}))
        )
      const found = (): ReadonlyArray<string> => {
        const faults = new Set<string>()
        const nameOf = (element: Element): string => {
          const name = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 30)
          return `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""} “${name}”`
        }
        if (root.scrollWidth > root.clientWidth + 1) faults.add(`the page is ${root.scrollWidth - root.clientWidth} px too wide`)
        // In an inert part, or in one that is hidden from eyes on purpose, nothing is looked at.
        const isShown = (element: Element): boolean =>
          element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
          element.closest("[inert], [cmdk-label], .visually-hidden, .skip, .katex, [aria-hidden=true]") === null
        /** The boxes around an element that may cut its text, from within; and whether the window may too: what scrolls or says that it goes on ends both. */
        interface Around {
          readonly cutBy: ReadonlyArray<Element>
          readonly inWindow: boolean
        }
        const known = new Map<Element, Around>()
        const aroundOf = (box: Element): Around => {
          const seen = known.get(box)
          if (seen !== undefined) return seen
          const style = getComputedStyle(box)
          const goesOn = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none"
          const ends = style.overflowX === "auto" || style.overflowX === "scroll" || goesOn
          const outer = ends || box.parentElement === null ? { cutBy: [], inWindow: !ends } : aroundOf(box.parentElement)
          const around = ends || style.overflowX === "visible" ? outer : { ...outer, cutBy: [box, ...outer.cutBy] }
          known.set(box, around)
          return around
        }
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
        for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
          const { parentElement: parent } = node
          if (
            parent === null ||
            node.textContent?.trim() === "" ||
            /^(SCRIPT|STYLE|OPTION)$/.test(parent.tagName) ||
            !isShown(parent)
          )
            continue
          const range = document.createRange()
          range.selectNodeContents(node)
          const { cutBy, inWindow } = aroundOf(parent)
          for (const { height, left, right, width } of range.getClientRects()) {
            if (width === 0 || height === 0) continue
            for (const box of cutBy) {
              const { left: from, right: to } = box.getBoundingClientRect()
              if (left < from - 1 || right > to + 1) faults.add(`cut: ${nameOf(parent)} by ${nameOf(box)}`)
            }
            if (inWindow && (left < -1 || right > innerWidth + 1)) faults.add(`outside of the window: ${nameOf(parent)}`)
          }
        }
        const targets =
          "button, a[href], input:not([type=hidden]), select, textarea, summary, [role=menuitem], [role=option], [role=tab], [role=switch]"
        for (const target of document.querySelectorAll<HTMLElement>(targets)) {
          if (target.hidden || target.matches(":disabled") || !isShown(target)) continue
          // A link within a text is as high as its line.
          if (target.tagName === "A" && getComputedStyle(target).display === "inline") continue
          // What is pressed of a radio button or a box to tick is its label too.
          const pressed = target instanceof HTMLInputElement ? (target.closest("label") ?? target) : target
          const { height, width } = pressed.getBoundingClientRect()
          if (width <= 1 || height <= 1) continue
          if (Math.min(width, height) < minPx - 0.5)
            faults.add(`small, ${Math.round(width)}×${Math.round(height)}: ${nameOf(target)}`)
        }
        return [...faults]
      }
      const before = document.adoptedStyleSheets
      if (text === "large") root.style.fontSize = "200%"
      if (text === "spaced") {
        const sheet = new CSSStyleSheet()
        // In no layer, so that it stands over all of the page's own.
        sheet.replaceSync(
          `* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
           p { margin-block-end: 2em !important }`
        )
        document.adoptedStyleSheets = [...before, sheet]
      }
      // What stands open beside a button is measured in one frame and put in another, once the page has its own place.
      const isOpen = document.querySelector("[data-side], [role=menu], [role=listbox], [role=dialog]") !== null
      const frames = !placed && text === undefined ? 0 : isOpen ? 4 : 2
      for (let frame = 0; frame < frames; frame++) await new Promise((resolve) => requestAnimationFrame(resolve))
      await rests()
      const plain = found()
      if (isMirrored) root.dir = "rtl"
      const mirrored = isMirrored ? found() : []
      root.dir = "ltr"
      root.style.fontSize = ""
      document.adoptedStyleSheets = before
      return { plain, mirrored }
    },
    { ...look, minPx: minTargetPx }
  )

/**
 * What takes the focus without showing it, or where nobody sees it (WCAG 2.2, 2.4.7 and 2.4.11). Gives the focus back to where it was; the page must be
 * one without motion.
 */
export const focusFaults = async (page: Page): Promise<ReadonlyArray<string>> => {
  // From a key on the browser shows where the focus is.
  await page.keyboard.press("Shift")
  return page.evaluate(() => {
    const faults: Array<string> = []
    const before = document.activeElement
    const nameOf = (element: Element): string =>
      `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""} “${(element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 30)}”`
    const levels = 3
    const looksOf = (element: Element): string => {
      const looks: Array<string> = []
      for (let at: Element | null = element, level = 0; at !== null && level < levels; at = at.parentElement, level++) {
        const { backgroundColor, borderColor, boxShadow, outlineStyle, outlineWidth } = getComputedStyle(at)
        looks.push(`${outlineStyle} ${outlineWidth} ${boxShadow} ${borderColor} ${backgroundColor}`)
      }
      // The mark of a radio button that cannot be seen itself is beside it.
      const beside = element.nextElementSibling
      if (beside !== null) looks.push(getComputedStyle(beside).outlineStyle)
      return looks.join()
    }
    // A dialog keeps the focus: what lies behind it is not gone to.
    const within = document.querySelector("[role=dialog]:not(.menu)") ?? document.body
    const reached = within.querySelectorAll<HTMLElement>(
      "button:not(:disabled), a[href], input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
    )
    for (const element of reached) {
      if (element.tabIndex < 0 || element.closest("[inert]") !== null || !element.checkVisibility({ visibilityProperty: true }))
        continue
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
      const plain = looksOf(element)
      element.focus()
      if (document.activeElement !== element) continue
      if (looksOf(element) === plain) faults.push(`the focus does not show: ${nameOf(element)}`)
      const { bottom, left, right, top } = (element.closest("label") ?? element).getBoundingClientRect()
      const isSeen = [0.5, 0.1, 0.9].some((part) =>
        [0.5, 0.1, 0.9].some((other) => {
          const at = document.elementFromPoint(left + (right - left) * part, top + (bottom - top) * other)
          return at !== null && (element.contains(at) || at.contains(element) || at.closest("label") === element.closest("label"))
        })
      )
      if (!isSeen) faults.push(`the focus is hidden: ${nameOf(element)}`)
    }
    if (before instanceof HTMLElement) before.focus({ preventScroll: true })
    return faults
  })
}
