import { dirname, join } from "node:path"

/** The setting by which Node keeps what V8 compiled of a program in a folder beside it, for all who start it. */
export const compiledBeside = (program: string): { readonly NODE_COMPILE_CACHE: string } => ({
  NODE_COMPILE_CACHE: join(dirname(program), "compiled")
})
