import { useEffect, useRef, type RefObject } from "react"

/** Whether the part that asks is still on the page: for what ends later than that may. */
export const useIsThere = (): Readonly<RefObject<boolean>> => {
  const isThere = useRef(false)
  useEffect(() => {
    isThere.current = true
    return () => {
      isThere.current = false
    }
  }, [])
  return isThere
}
