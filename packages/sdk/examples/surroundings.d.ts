/** The little of React and React Native that the examples use; an app has the real ones. */
declare module "react" {
  export const useSyncExternalStore: <S>(subscribe: (listener: () => void) => () => void, getSnapshot: () => S) => S
  export const createElement: (type: string, props: object | null, ...children: ReadonlyArray<unknown>) => object
}
declare module "react-native" {
  export const AppState: {
    readonly addEventListener: (type: "change", listener: (state: string) => void) => { readonly remove: () => void }
  }
}
