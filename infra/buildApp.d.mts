/** Builds packages/web unless its `dist` was made from the present sources; false when it still is not. */
export const buildApp: (task: {
  readonly root: string
  readonly node: string
  readonly env: Readonly<Record<string, string | undefined>>
}) => Promise<boolean>
