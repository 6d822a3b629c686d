/** RFC 4519, RFC 5280 appendix A: short names of the attribute types that names here may use. */
const oidByType = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  serialNumber: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  street: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  title: '2.5.4.12',
  GN: '2.5.4.42',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  emailAddress: '1.2.840.113549.1.9.1',
} as const

type KnownType = keyof typeof oidByType

const oids: ReadonlyMap<string, string> = new Map(Object.entries(oidByType))
const types: ReadonlyMap<string, string> = new Map([...oids].map(([type, oid]) => [oid, type]))

/** A short name of the table above, or a dotted object identifier. */
export type AttributeType = KnownType | (string & {})

export function attributeOid(type: AttributeType): string {
  return oids.get(type) ?? type
}

export function attributeType(oid: string): AttributeType {
  return types.get(oid) ?? oid
}
