/** As the programs' first line does. */
import "effect/schema/SchemaJITCompiler/enable"
