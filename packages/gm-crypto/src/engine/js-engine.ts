import { curveEngine } from './curve-core.ts'
import type { Engine } from './engine.ts'
import * as sm2 from './js/generated/sm2.ts'
import { bytes, reserveTables } from './js/memory.ts'
import { symmetricJs } from './js/symmetric.ts'

/** The engine in JavaScript on doubles: for places where WebAssembly is barred, and until the other one is loaded. */
export const jsEngine: Engine = {
  ...symmetricJs,
  ...curveEngine({ ...sm2, bytes: () => bytes, reserveTable: (slot) => reserveTables(sm2.tableEnd(slot)) }),
  name: 'js',
}
