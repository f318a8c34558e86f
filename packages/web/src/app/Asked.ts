import { useHeldKeys } from "../design/useHeldKeys.ts"

/** A dialog that was asked for, until it is there. */
export const Asked = ({ onClose }: { readonly onClose: () => void }): null => {
  useHeldKeys(onClose)
  return null
}
