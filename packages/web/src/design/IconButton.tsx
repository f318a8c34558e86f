import { Tooltip } from "@base-ui/react/tooltip"
import type { ComponentProps, ReactElement } from "react"
import { Keys } from "./Keys.tsx"

interface IconButtonProps extends Omit<ComponentProps<"button">, "aria-label"> {
  /** Its name, for those who hear it and, in the tooltip, for those who see it. */
  readonly label: string
  /** The shortcut, as `Keys` takes it. */
  readonly keys?: string | undefined
  readonly size?: "small" | undefined
  readonly side?: "top" | "bottom" | "right" | undefined
  /** What opens from it: gets the button as its trigger. */
  readonly render?: ReactElement<Record<string, unknown>>
}

export const IconButton = ({ children, keys, label, render, side = "top", size, ...rest }: IconButtonProps) => (
  <Tooltip.Root>
    <Tooltip.Trigger
      {...rest}
      {...(render === undefined ? {} : { render })}
      type="button"
      aria-label={label}
      data-size={size}
      className={`icon-button ${rest.className ?? ""}`}
    >
      {children}
    </Tooltip.Trigger>
    <Tooltip.Portal>
      <Tooltip.Positioner sideOffset={6} side={side}>
        <Tooltip.Popup className="tooltip">
          {label}
          {keys === undefined ? null : <Keys of={keys} />}
        </Tooltip.Popup>
      </Tooltip.Positioner>
    </Tooltip.Portal>
  </Tooltip.Root>
)
