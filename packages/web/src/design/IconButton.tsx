import type { ComponentProps } from "react"

interface IconButtonProps extends Omit<ComponentProps<"button">, "aria-label"> {
  /** Its name, for those who hear it and, in the tooltip, for those who see it. */
  readonly label: string
  /** The shortcut, as `Keys` takes it. */
  readonly keys?: string | undefined
  readonly size?: "small" | undefined
  readonly side?: "top" | "bottom" | "right" | undefined
}

export const IconButton = ({ children, keys, label, side = "top", size, ...rest }: IconButtonProps) => (
  <button
    {...rest}
    type="button"
    aria-label={label}
    data-size={size}
    data-tip={side}
    data-keys={keys}
    className={`icon-button ${rest.className ?? ""}`}
  >
    {children}
  </button>
)
