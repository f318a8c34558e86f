/** Whether this page keeps anything on the device: not once whoever was here has signed out, here or in another tab, and the page is on its way out. */
let isOver = false

export const keeps = (): boolean => !isOver

/** Whoever comes in next gets a page of their own. */
export const stopKeeping = (): void => {
  isOver = true
}

/** Whoever was here is still here: they signed out in another tab, which was closed before the server knew of it. */
export const keepAgain = (): void => {
  isOver = false
}
