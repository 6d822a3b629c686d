import { BYTES, ELEMENTS, FE } from './field'

// Every number has a fixed place: nothing is allocated, so nothing secret is left where it cannot be erased.
export const RR_P: i32 = ELEMENTS
export const RR_N: i32 = ELEMENTS + FE
export const ONE: i32 = ELEMENTS + 2 * FE
export const RAW_ONE: i32 = ELEMENTS + 3 * FE
export const CURVE_B: i32 = ELEMENTS + 4 * FE
export const BASE_X: i32 = ELEMENTS + 5 * FE
export const BASE_Y: i32 = ELEMENTS + 6 * FE
export const RAW_P: i32 = ELEMENTS + 7 * FE
export const RAW_N: i32 = ELEMENTS + 8 * FE

/** From here on everything is scratch. */
export const SCRATCH: i32 = ELEMENTS + 9 * FE
export const T0: i32 = SCRATCH
export const T1: i32 = SCRATCH + FE
export const T2: i32 = SCRATCH + 2 * FE
export const T3: i32 = SCRATCH + 3 * FE
export const T4: i32 = SCRATCH + 4 * FE
export const T5: i32 = SCRATCH + 5 * FE
export const T6: i32 = SCRATCH + 6 * FE
export const T7: i32 = SCRATCH + 7 * FE
export const T8: i32 = SCRATCH + 8 * FE
export const T9: i32 = SCRATCH + 9 * FE
/** Registers of the inversion and the square root. */
export const V0: i32 = SCRATCH + 10 * FE
export const V1: i32 = SCRATCH + 11 * FE
export const V2: i32 = SCRATCH + 12 * FE
/** Results of conversions. */
export const W0: i32 = SCRATCH + 13 * FE
export const W1: i32 = SCRATCH + 14 * FE
export const W2: i32 = SCRATCH + 15 * FE
/** Points: three elements each. */
export const ACC: i32 = SCRATCH + 16 * FE
export const ENTRY_POINT: i32 = SCRATCH + 19 * FE
export const INPUT_POINT: i32 = SCRATCH + 22 * FE
export const DOUBLE_POINT: i32 = SCRATCH + 25 * FE
/** Sixteen odd multiples of a point, or the 32 of a comb window. */
export const MULTIPLES: i32 = SCRATCH + 28 * FE
/** Running products of a batch inversion. */
export const PRODUCTS: i32 = SCRATCH + 124 * FE
/** The multiples and products are those of public points; everything before them may be secret. */
export const WIPED_ELEMENTS: i32 = 28

/** Byte strings of 32 bytes: arguments and results of the exported functions. */
export const B0: i32 = BYTES
export const B1: i32 = BYTES + 32
export const B2: i32 = BYTES + 64
export const B3: i32 = BYTES + 96
export const B4: i32 = BYTES + 128
export const B5: i32 = BYTES + 160
export const B6: i32 = BYTES + 192
export const B7: i32 = BYTES + 224
/** Scratch scalars. */
export const S0: i32 = BYTES + 256
export const S1: i32 = BYTES + 288
export const S2: i32 = BYTES + 320
export const S3: i32 = BYTES + 352
/** Arguments and scratch scalars end here; what follows is public. */
export const WIPED_BYTES_END: i32 = BYTES + 384
/** Signed digits of public scalars, two bytes for each bit. */
export const DIGITS_S: i32 = BYTES + 384
export const DIGITS_T: i32 = BYTES + 912
/** Constants: n, p and zero. */
export const ORDER: i32 = BYTES + 1440
export const PRIME: i32 = BYTES + 1472
export const ZERO: i32 = BYTES + 1504
export const ORDER_MINUS_TWO: i32 = BYTES + 1536
