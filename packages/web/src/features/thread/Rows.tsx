/** A long list, of which only the rows in and near to sight are in the page. */
import { useLayoutEffect, useRef, useSyncExternalStore, type ReactNode } from "react"
import type { RowWindow } from "./RowWindow.ts"

interface RowsProps {
  readonly of: RowWindow
  readonly keys: ReadonlyArray<string>
  /** The row that was looked for. */
  readonly marked: string | undefined
  readonly render: (index: number) => ReactNode
}

export const Rows = ({ keys, marked, of, render }: RowsProps) => {
  of.setKeys(keys)
  const span = useSyncExternalStore(of.subscribe, of.getSnapshot)
  const { after, before, first, last } = span
  useLayoutEffect(() => of.committed(span))
  return (
    <div className="thread-rows" style={{ paddingBlock: `${before}px ${after}px` }}>
      {keys.slice(first, last + 1).map((key, place) => (
        <Row key={key} of={of} index={first + place} isMarked={key === marked}>
          {render(first + place)}
        </Row>
      ))}
    </div>
  )
}

interface RowProps {
  readonly of: RowWindow
  readonly index: number
  readonly isMarked: boolean
  readonly children: ReactNode
}

const Row = ({ children, index, isMarked, of }: RowProps) => {
  const row = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => (row.current === null ? undefined : of.attachRow(row.current)), [of])
  // Who reads by ear or by keyboard goes on from there.
  useLayoutEffect(() => {
    if (isMarked) row.current?.focus({ preventScroll: true })
  }, [isMarked])
  return (
    <div
      ref={row}
      className="thread-row"
      data-index={index}
      data-found={isMarked || undefined}
      tabIndex={isMarked ? -1 : undefined}
    >
      {children}
    </div>
  )
}
