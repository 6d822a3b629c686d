import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { operationsConfirm, sm2Signature } from '@anqu/contract'
import { bytesToBase64, bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import { OID_SM2_WITH_SM3, OID_SM3, type Certificate } from '@anqu/pki'
import { uuidv7 } from '@anqu/platform'
import { z } from 'zod'
import { control, type Control } from '../runner/control.ts'
import type { Evidence } from '../runner/evidence.ts'
import { AuthorityCaller, newOwner } from '../system/authority-caller.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { bytesOf, debits } from './operation-books.ts'

/** PBES2 (RFC 8018): a private key in a file stands under a key of its own. */
const encrypted = '2a864886f70d01050d'

async function privateKeysOfAuthority(system: LiveSystem, evidence: Evidence): Promise<void> {
  const folder = path.join(system.dataDir, 'ca', 'keys')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.p8'))
  const modes = new Set<number>()
  let sealed = 0
  for (const name of names) {
    const file = path.join(folder, name)
    modes.add((await stat(file)).mode & 0o777)
    if (bytesToHex(await readFile(file)).includes(encrypted)) sealed += 1
  }
  evidence.holds(
    '认证系统的私钥均加密存放，只有其进程的账户可读',
    names.length > 0 && sealed === names.length && [...modes].join() === String(0o600),
    { keys: names.length, sealed },
  )
}

/** What the CA says to a signature by `key` under the certificate of somebody else. */
async function verdict(
  caller: AuthorityCaller,
  { serialHex }: Certificate,
  { owner, key }: { owner: ReturnType<typeof newOwner>; key: Sm2PrivateKey },
): Promise<string> {
  const message = utf8ToBytes('transfer 120.00')
  const claim = {
    ...owner,
    serial: serialHex,
    message: bytesToBase64(message),
    signatureAlgorithm: OID_SM2_WITH_SM3,
    digestAlgorithm: OID_SM3,
    signature: bytesToBase64(sm2Sign(key, message)),
    correlationId: uuidv7(),
  }
  const answer = z.object({ status: z.string() }).loose()
  return (await caller.call('/v1/certificates/verify-signature', claim, answer)).status
}

async function swappedAtAuthority(system: LiveSystem, evidence: Evidence): Promise<void> {
  const caller = await AuthorityCaller.enrol(system)
  const [own, thief, owner] = [Sm2PrivateKey.generate(), Sm2PrivateKey.generate(), newOwner()]
  const certificate = await caller.issue(own, { owner })
  const another = await caller.issue(thief)
  const [right, wrong] = [own.publicKey.bytes, thief.publicKey.bytes]
  const swap = (publicKey: Uint8Array, der: Uint8Array) =>
    system.database.swapStoredKey(certificate.serialHex, { publicKey, der })
  const met = [await verdict(caller, certificate, { owner, key: own })]
  await swap(wrong, certificate.raw)
  met.push(await verdict(caller, certificate, { owner, key: thief }))
  await swap(wrong, another.raw)
  met.push(await verdict(caller, certificate, { owner, key: thief }))
  await swap(right, certificate.raw)
  met.push(await verdict(caller, certificate, { owner, key: own }))
  evidence.holds(
    '登记的公钥被换、连同证书一起被换，均被发现；换回后恢复可用',
    met.join() === 'good,mismatch,mismatch,good',
    { met },
  )
}

export const storedKeyControls: readonly Control[] = [
  control({
    id: 'stored-keys.swapped',
    title: {
      zh: '私钥加密存放；登记的公钥被人替换后，验签即被拒绝',
      en: 'Private keys are kept encrypted; a public key swapped in the register verifies nothing',
    },
    clauses: ['A-9.5-3'],
    async check(system, evidence) {
      await privateKeysOfAuthority(system, evidence)
      await swappedAtAuthority(system, evidence)
      const customer = await system.fixtures.freshReady()
      const { prepared, code, picture } = await customer.challenged()
      const { certificateSerial } = customer.bound()
      const thief = Sm2PrivateKey.generate()
      await system.database.swapStoredKey(certificateSerial, { publicKey: thief.publicKey.bytes })
      const { operationId } = prepared.operation
      await evidence.refused(
        '以换入的公钥对应的私钥签名的订单被拒绝',
        () =>
          customer.app.call(operationsConfirm, {
            operationId,
            otpId: code.otpId,
            otp: code.otp,
            ...picture,
            order: prepared.order,
            certificateSerial,
            signature: sm2Signature(sm2Sign(thief, bytesOf(prepared.order))),
          }),
        ['operation.signature-rejected', 'certificate.not-usable'],
      )
      evidence.holds('没有扣款', (await debits(system, operationId)).length === 0)
    },
  }),
]
