import type { SymmetricEngine } from '../engine.ts'
import { ghashJs } from './ghash-js.ts'
import { sm3BlocksJs } from './sm3-js.ts'
import { sm3FinishJs, sm3Js } from './sm3-padding.ts'
import { sm4BlocksJs, sm4CbcBlocksJs, sm4CounterJs, sm4ScheduleJs } from './sm4-js.ts'

/** SM3, SM4 and GHASH in JavaScript. */
export const symmetricJs: SymmetricEngine = {
  sm3: sm3Js,
  sm3Finish: sm3FinishJs,
  sm3Blocks: sm3BlocksJs,
  sm4Schedule: sm4ScheduleJs,
  sm4Blocks: sm4BlocksJs,
  sm4CbcBlocks: sm4CbcBlocksJs,
  sm4Counter: sm4CounterJs,
  ghash: ghashJs,
}
