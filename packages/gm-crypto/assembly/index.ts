export { signHedged } from './nonce'
export {
  buildTable,
  combine,
  decompress,
  isOnCurve,
  multiplyAdd,
  multiplyAny,
  multiplyBase,
  prepare,
  sign,
  signingInverse,
  tableEnd,
  verify,
  verifyWithTable,
  wipe,
} from './sm2'
export {
  ghash,
  sm3Blocks,
  sm3Finish,
  sm4Blocks,
  sm4CbcBlocks,
  sm4Counter,
  sm4Schedule,
  wipeData,
} from './symmetric'
