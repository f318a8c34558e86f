import { createContext, useContext, type ReactNode } from "react"
import { createPortal } from "react-dom"

const BarContext = createContext<HTMLElement | null>(null)

/** Gives what is shown below it a place in the upper bar. */
export const BarProvider = BarContext.Provider

/** What a page puts into the upper bar, which stays when another page comes. */
export const Bar = ({ children }: { readonly children: ReactNode }) => {
  const place = useContext(BarContext)
  return place === null ? null : createPortal(children, place)
}
