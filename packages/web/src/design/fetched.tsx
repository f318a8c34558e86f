/** A part of the app that is a file of its own, fetched when it is first shown; asked for anew each time until it is there. */
import { useEffect, useRef, useState, type ComponentType } from "react"

interface Missing {
  /** It could not be had: nothing is shown. */
  readonly onMissing: () => void
}

/** `Meanwhile` stands for it until it is there. */
export const fetched = <Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  Meanwhile?: ComponentType<Props>
): ComponentType<Props & Missing> => {
  let part: ComponentType<Props> | undefined
  let isAgain = false
  return (props) => {
    const [Part, setPart] = useState<ComponentType<Props> | undefined>(() => part)
    const present = useRef(props.onMissing)
    present.current = props.onMissing
    useEffect(() => {
      if (part !== undefined) return
      let current = true
      if (isAgain) askForStylesAgain()
      isAgain = true
      load().then(
        (loaded) => {
          part = loaded
          if (current) setPart(() => loaded)
        },
        () => {
          if (current) present.current()
        }
      )
      return () => {
        current = false
      }
    }, [])
    if (Part !== undefined) return <Part {...props} />
    return Meanwhile === undefined ? null : <Meanwhile {...props} />
  }
}

/** Vite asks for a part's styles once: those that could not be had would stay away when the part itself comes. */
const askForStylesAgain = (): void => {
  for (const link of document.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]")) {
    if (link.sheet === null) link.replaceWith(link.cloneNode())
  }
}
