import { createCipheriv, createPrivateKey, createPublicKey, createSign, createVerify } from 'node:crypto'
import { concatBytes, utf8ToBytes } from '@anqu/encoding'
import {
  exportPkcs8,
  randomBytes,
  sm2Sign,
  sm2Verify,
  Sm2PrivateKey,
  sm3,
  sm4CbcEncrypt,
} from '@anqu/gm-crypto'
import smCrypto from 'sm-crypto'
import { sm4 as sm4V2 } from 'sm-crypto-v2'
import { compare } from './gm/measure.ts'
import { printGroup, type Group } from './gm/report.ts'
import { sm2Groups } from './gm/sm2-rows.ts'
import { symmetricGroups } from './gm/symmetric-rows.ts'

const curve =
  'FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC' +
  '28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93' +
  '32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7' +
  'BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0'

/** Z of GB/T 32918.2 section 5.5 for the default identity: what Node has to be fed before the message. */
function identityHash(publicKey: Uint8Array): Uint8Array {
  const parameters = Uint8Array.from(Buffer.from(curve, 'hex'))
  return sm3(
    concatBytes(Uint8Array.of(0, 128), utf8ToBytes('1234567812345678'), parameters, publicKey.subarray(1)),
  )
}

/** SM2 by Node with the identity fed first: signatures that gm-crypto takes, and the other way round. */
function standardSm2(): Group[] {
  const key = Sm2PrivateKey.generate()
  const native = createPrivateKey({ key: Buffer.from(exportPkcs8(key)), format: 'der', type: 'pkcs8' })
  const nativePublic = createPublicKey(native)
  const z = identityHash(key.publicKey.bytes)
  const message = randomBytes(256)
  const sign = () => createSign('sm3').update(z).update(message).sign(native)
  const verify = (signature: Uint8Array) =>
    createVerify('sm3').update(z).update(message).verify(nativePublic, signature)
  const [theirs, ours] = [new Uint8Array(sign()), sm2Sign(key, message, { format: 'der' })]
  const crossed = sm2Verify(key.publicKey, message, theirs, { format: 'der' }) && verify(ours)
  if (!crossed) throw new Error('gm-crypto and Node do not take each other’s signatures')
  return [
    {
      title: 'SM2 sign, 256-byte message, standard identity, DER (each verifies the other’s)',
      timings: compare([
        { name: 'gm-crypto', run: () => sm2Sign(key, message, { format: 'der' }) },
        { name: 'Node native, Z fed first', run: sign },
      ]),
      targets: [],
    },
    {
      title: 'SM2 verify, 256-byte message, standard identity, DER',
      timings: compare([
        { name: 'gm-crypto', run: () => sm2Verify(key.publicKey, message, ours, { format: 'der' }) },
        { name: 'Node native, Z fed first', run: () => verify(ours) },
      ]),
      targets: [],
    },
  ]
}

function cbcGroup(bytes: number): Group {
  const [data, key, iv] = [randomBytes(bytes), randomBytes(16), randomBytes(16)]
  const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex')
  const [list, keyHex, ivHex] = [Array.from(data), hex(key), hex(iv)]
  return {
    title: `SM4-CBC with padding, ${bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`}`,
    bytes,
    timings: compare([
      { name: 'gm-crypto', run: () => sm4CbcEncrypt(key, iv, data) },
      {
        name: 'Node native',
        run: () => {
          const cipher = createCipheriv('sm4-cbc', key, iv)
          return [cipher.update(data), cipher.final()]
        },
      },
      { name: 'sm-crypto', run: () => smCrypto.sm4.encrypt(list, keyHex, { mode: 'cbc', iv: ivHex }) },
      { name: 'sm-crypto-v2', run: () => sm4V2.encrypt(data, key, { mode: 'cbc', iv, output: 'array' }) },
    ]),
    targets: [],
  }
}

const isOurs = (name: string): boolean => name.startsWith('gm-crypto') || name.startsWith('the same')

/** The speed of our first row over that of each peer; below one the peer is faster. */
function printRatios({ timings }: Group): void {
  const [ours, ...others] = timings
  if (ours === undefined) return
  const peers = others.filter(({ name }) => !isOurs(name))
  const ratios = peers.map(({ name, micros }) => `${(micros / ours.micros).toFixed(2)} × ${name}`)
  console.log(`  → ${ours.name}: ${ratios.join(', ')}`)
}

export async function cryptoBench(): Promise<void> {
  const cbc = [64, 1024, 65_536].map((bytes) => () => cbcGroup(bytes))
  for (const make of [...(await sm2Groups()), ...symmetricGroups(), ...cbc]) {
    const group = { ...make(), targets: [] }
    printGroup(group)
    printRatios(group)
  }
  for (const group of standardSm2()) {
    printGroup(group)
    printRatios(group)
  }
}
