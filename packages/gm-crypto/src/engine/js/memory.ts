// The JavaScript engine's memory: field elements as twelve doubles each, byte strings, and comb tables of 22-bit limbs.
// It mirrors the linear memory of the WebAssembly engine, so that both run the same point arithmetic.

/** Field elements. */
export const F = new Float64Array(2048)
/** Byte strings. */
export const bytes = new Uint8Array(2048)
/** Comb tables, grown when a table is added. */
export let tables = new Int32Array(0)

/** Makes room for tables up to index `end`. */
export function reserveTables(end: number): void {
  if (tables.length >= end) return
  const grown = new Int32Array(end)
  grown.set(tables)
  tables = grown
}
