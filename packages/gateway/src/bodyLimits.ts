/** Deepest nesting of a JSON body: tools' JSON schemas nest, but not so far. */
export const maxJsonDepth = 64
