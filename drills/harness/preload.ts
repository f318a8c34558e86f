/** For `NODE_OPTIONS`: loads a file of preload/ before the program. */
import { fileURLToPath } from "node:url"

export const preload = (name: string): string => `--import=${fileURLToPath(new URL(`../preload/${name}.mjs`, import.meta.url))}`
