import { types, type CustomTypesConfig } from 'pg'

const int8 = 20
const int8Array = 1016
const timestamp = 1114
const timestamptz = 1184

// pg reads arrays of text; the elements are turned afterwards.
const parseTextArray = types.getTypeParser(1009 as never) as (text: string) => (string | null)[] // text[]; its enum lists scalars only

const parsers = new Map<number, (text: string) => unknown>([
  [int8, BigInt],
  [int8Array, (text) => parseTextArray(text).map((item) => (item === null ? null : BigInt(item)))],
])
const refuseTime = (): never => {
  // Times are bigint milliseconds in every table; a Date would bring in the time zone of whoever reads it.
  throw new TypeError('timestamp columns are not used; store milliseconds as int8')
}
parsers.set(timestamp, refuseTime)
parsers.set(timestamptz, refuseTime)

/** Money and times are exact: int8 becomes bigint. Everything else as `pg` reads it. */
export const typeParsers: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    parsers.get(oid) ?? types.getTypeParser(oid as never, format as never)) as never, // pg types its overloads by enum member
}
