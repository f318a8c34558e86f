/**
 * Types as text that stands alone: whatever a schema or a mapped type computes is written out, a branded identifier is a plain string. Only what it
 * was told the names of is referred to by name.
 */
import { ElementFlags, SignatureKind, SymbolFlags, TypeFlags } from "typescript/unstable/sync"
import type { Checker, Signature, Symbol as NamedSymbol, TupleType, Type, TypeReference } from "typescript/unstable/sync"

/** What one JSON value may be: it refers to itself, and so needs a name. */
export const jsonType = `export type Json =
  | null
  | boolean
  | number
  | string
  | ReadonlyArray<Json>
  | { readonly [key: string]: Json }
`

/** Types that are the same everywhere, and are not written out. */
const globals = new Set(["Promise", "Blob", "AbortSignal"])

export class TypePrinter {
  readonly #checker: Checker
  /** By the type's number. */
  readonly #names = new Map<number, string>()
  /** Under way: one that comes again within itself has no end. */
  readonly #open = new Set<number>()
  /** Names that what was printed refers to. */
  readonly used = new Set<string>()

  constructor(checker: Checker) {
    this.#checker = checker
  }

  name(type: Type, name: string): void {
    if (!this.#names.has(type.id)) this.#names.set(type.id, name)
  }

  print(type: Type): string {
    const name = this.#names.get(type.id)
    if (name === undefined) return this.printWhole(type)
    this.used.add(name)
    return name
  }

  /** Also of a type that has a name. */
  printWhole(type: Type): string {
    if (type.getAliasSymbol()?.name === "Json" || (type.isUnionType() && isJson(type.getTypes()))) {
      this.used.add("Json")
      return "Json"
    }
    if (type.flags & TypeFlags.Boolean) return "boolean"
    if (type.isIntrinsicType()) return type.intrinsicName
    if (type.isLiteralType()) return JSON.stringify(type.value)
    if (type.isUnionType()) return this.#union(type.getTypes())
    if (type.isTemplateLiteralType()) return "string"
    // A brand lies over what the value is.
    const primitive = type.isIntersectionType() ? type.getTypes().find(({ flags }) => flags & TypeFlags.Primitive) : undefined
    if (primitive !== undefined) return this.print(primitive)
    if (this.#open.has(type.id)) throw new Error(`a type without a name refers to itself: ${this.#checker.typeToString(type)}`)
    this.#open.add(type.id)
    try {
      return this.#object(type)
    } finally {
      this.#open.delete(type.id)
    }
  }

  printCall(signature: Signature): string {
    const parameters = signature.getParameters().map((parameter) => {
      // The compiler adds it to the type of every parameter that may be left out, and no endpoint's input is undefined otherwise.
      const type = must(this.#checker.getTypeOfSymbol(parameter))
      const isOptional = type.isUnionType() && type.getTypes().some(({ flags }) => flags & TypeFlags.Undefined)
      return `${parameter.name}${isOptional ? "?" : ""}: ${this.#valueOf(parameter, isOptional)}`
    })
    return `(${parameters.join(", ")}) => ${this.print(must(this.#checker.getReturnTypeOfSignature(signature)))}`
  }

  #union(types: ReadonlyArray<Type>): string {
    const texts = [...new Set(types.map((type) => this.print(type)))]
    const isBoolean = texts.includes("true") && texts.includes("false")
    const parts = isBoolean ? [...texts.filter((text) => text !== "true" && text !== "false"), "boolean"] : texts
    return parts.map((text) => (text.includes("=>") ? `(${text})` : text)).join(" | ")
  }

  #object(type: Type): string {
    const checker = this.#checker
    if (isTuple(checker, type)) return this.#tuple(type)
    if (checker.isArrayType(type) && type.isTypeReference()) {
      return `ReadonlyArray<${checker
        .getTypeArguments(type)
        .map((item) => this.print(item))
        .join(", ")}>`
    }
    const symbol = type.getSymbol()
    if (symbol !== undefined && globals.has(symbol.name)) {
      const given = type.isTypeReference() ? checker.getTypeArguments(type) : []
      return given.length === 0 ? symbol.name : `${symbol.name}<${given.map((one) => this.print(one)).join(", ")}>`
    }
    const [call] = checker.getSignaturesOfType(type, SignatureKind.Call)
    if (call !== undefined) return this.printCall(call)
    const fields = checker.getPropertiesOfType(type).map((property) => this.#field(property))
    const indexed = checker
      .getIndexInfosOfType(type)
      .map(({ keyType, valueType }) => `readonly [key: ${this.print(keyType)}]: ${this.print(valueType)}`)
    const all = [...fields, ...indexed]
    return all.length === 0 ? "{}" : `{\n${indent(all.join("\n"))}\n}`
  }

  #tuple(type: TupleType & TypeReference): string {
    const { elementFlags } = tupleOf(type)
    const items = this.#checker.getTypeArguments(type).map((item, index) => {
      const flags = elementFlags[index] ?? ElementFlags.Required
      if (flags & ElementFlags.Rest) return `...ReadonlyArray<${this.print(item)}>`
      return flags & ElementFlags.Optional ? `(${this.print(item)})?` : this.print(item)
    })
    return `readonly [${items.join(", ")}]`
  }

  #field(property: NamedSymbol): string {
    const isOptional = (property.flags & SymbolFlags.Optional) !== 0
    const said = property.getDocumentationComment(this.#checker).trim()
    const comment = said === "" ? "" : `/** ${said.replace(/\s*\n\s*/g, " ")} */\n`
    return `${comment}readonly ${keyOf(property.name)}${isOptional ? "?" : ""}: ${this.#valueOf(property, isOptional)}`
  }

  /** Of an optional one the question mark says already that it may be missing. */
  #valueOf(property: NamedSymbol, isOptional: boolean): string {
    const type = must(this.#checker.getTypeOfSymbol(property))
    if (!isOptional || !type.isUnionType()) return this.print(type)
    const present = type.getTypes().filter(({ flags }) => !(flags & TypeFlags.Undefined))
    return present.length === type.getTypes().length ? this.print(type) : this.#union(present)
  }
}

/** All of JSON's own kinds, and lists or objects: what `Plain` made of `Json` has lost its name. */
const isJson = (types: ReadonlyArray<Type>): boolean =>
  [TypeFlags.String, TypeFlags.Number, TypeFlags.BooleanLiteral, TypeFlags.Null, TypeFlags.Object].every((flag) =>
    types.some(({ flags }) => flags & flag)
  )

const isTuple = (checker: Checker, type: Type): type is TupleType & TypeReference =>
  type.isTypeReference() && checker.isTupleType(type)

/** How its elements stand is said by the tuple that it was made from. */
const tupleOf = (type: TupleType & TypeReference): TupleType => {
  const target = type.getTarget()
  return target.isTupleType() ? target : type
}

const keyOf = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))

export const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ")

export const must = <A>(value: A | undefined): A => {
  if (value === undefined) throw new Error("the compiler does not know it")
  return value
}
