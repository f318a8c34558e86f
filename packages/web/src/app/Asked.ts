import { useBack } from "../design/useBack.ts"
import { useHeldKeys } from "../design/useHeldKeys.ts"

/** A dialog that was asked for, until it is there. */
export const Asked = ({ onClose }: { readonly onClose: () => void }): null => {
  useBack(true, onClose)
  useHeldKeys(onClose)
  return null
}
