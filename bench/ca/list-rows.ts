import type { Issuing } from '@anqu/ca/issuing'
import { bytesToHex } from '@anqu/encoding'
import { randomBytes, Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  buildCertificate,
  buildCrl,
  CrlEntries,
  parseCertificate,
  parseCrl,
  privateKeySigner,
  randomSerial,
  type Certificate,
} from '@anqu/pki'
import { sql, type Db } from '@anqu/platform'
import { compare } from '../gm/measure.ts'

const thisUpdateMs = Date.UTC(2026, 10, 21)
const lookups = 1_000

async function authority(): Promise<{ key: Sm2PrivateKey; certificate: Certificate }> {
  const key = Sm2PrivateKey.generate()
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: [{ type: 'CN', value: 'Bench CA' }],
    publicKey: key.publicKey,
    notBeforeMs: thisUpdateMs,
    notAfterMs: thisUpdateMs + 86_400_000,
    extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign', 'cRLSign'] },
    issuer: 'self',
    signer: privateKeySigner(key),
  })
  return { key, certificate: parseCertificate(der) }
}

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1000).toFixed(2).padStart(8)

/** Built, read and searched, at growing sizes: a look-up in a thousand times the list compares ten serials more. */
export async function listTable(sizes: readonly number[]): Promise<void> {
  const { key, certificate } = await authority()
  console.log(
    '\nRevocation list over random serials: seconds to take them in, build and sign, read and index; a look-up',
  )
  for (const size of sizes) {
    const startedAt = performance.now()
    const entries = new CrlEntries()
    const some: Uint8Array[] = []
    for (let made = 0; made < size; made += 1) {
      const serial = randomBytes(16)
      serial[0] = 0x40
      if (made % Math.ceil(size / lookups) === 0) some.push(serial)
      entries.add({ serial, revokedAtMs: thisUpdateMs - made, reason: 'keyCompromise' })
    }
    const taken = seconds(startedAt)
    const builtAt = performance.now()
    const der = await buildCrl({
      issuer: certificate,
      signer: privateKeySigner(key),
      thisUpdateMs,
      nextUpdateMs: thisUpdateMs + 86_400_000,
      number: 1n,
      revoked: entries,
    })
    const built = seconds(builtAt)
    const readAt = performance.now()
    const list = parseCrl(der)
    const read = seconds(readAt)
    if (some.some((serial) => list.find(serial)?.serialHex !== bytesToHex(serial)))
      throw new Error('a serial is lost')
    let at = 0
    const [found] = compare([
      { name: 'find', run: () => list.find(some[at++ % some.length] ?? randomBytes(16)) },
    ])
    console.log(
      `  ${size.toLocaleString('en').padStart(10)}${taken} s${built} s${read} s${found?.micros.toFixed(2).padStart(9)} µs` +
        `  ${(der.length / 1e6).toFixed(1)} MB`,
    )
  }
}

/** The same from the CA's own table: every certificate of a shard revoked, read page by page and encoded. */
export async function shardFromDatabase(db: Db, issuing: Issuing): Promise<void> {
  await db.execute(sql`
    update certificate set state = 'revoked', crl_reason = 'keyCompromise', revoked_at_ms = 1 where shard = '1-00'`)
  // As the server itself does a moment after so many changes.
  await db.execute(sql`vacuum analyze certificate`)
  const startedAt = performance.now()
  const { size } = await issuing.listContent('1-00')
  console.log(
    `\nA shard of ${size.toLocaleString('en')} revoked certificates read from the database:${seconds(startedAt)} s`,
  )
}
