import { referenceEngine } from './reference/reference-engine.ts'
import type { Engine } from './engine.ts'

/** The engine in JavaScript. */
export const jsEngine: Engine = { ...referenceEngine, name: 'js' }
