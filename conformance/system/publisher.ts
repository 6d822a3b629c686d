import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { InputOf, staffUploadApplication } from '@anqu/contract'
import { base64ToBytes, bytesToBase64, bytesToHex, hexToBytes } from '@anqu/encoding'
import { importEncryptedPkcs8, sm2Sign, sm3 } from '@anqu/gm-crypto'
import { loadKeyFile } from '@anqu/platform'
import { encodeLoadFile, SECURITY_SERVICE_AID } from '@anqu/secure-element'
import type { LiveSystem } from './live-system.ts'

export type ApplicationPackage = InputOf<typeof staffUploadApplication>

const securityService = 'f0414e51550100'

type PublishedAs = {
  readonly module?: Uint8Array
  readonly applicationId?: string
  readonly name?: string
}

/** A version of the security service as its publisher hands it over, signed with the key this installation lists. */
export async function publishPackage(
  { dataDir }: LiveSystem,
  version: number,
  {
    module = SECURITY_SERVICE_AID,
    applicationId = securityService,
    name = 'security-service',
  }: PublishedAs = {},
): Promise<ApplicationPackage> {
  const folder = path.join(dataDir, 'tsm', 'publisher')
  const text = async (name: string): Promise<string> =>
    (await readFile(path.join(folder, name), 'utf8')).trim()
  const kek = await loadKeyFile(path.join(folder, 'key-encryption-key'))
  const key = importEncryptedPkcs8(base64ToBytes(await text('se-publisher.p8')), kek)
  const loadFile = encodeLoadFile({ aid: hexToBytes(applicationId), name, version, modules: [module] })
  return {
    format: 'anqu-application-1',
    applicationId,
    name,
    loadFile: bytesToBase64(loadFile),
    loadFileHash: bytesToHex(sm3(loadFile)),
    signature: bytesToBase64(sm2Sign(key, loadFile)),
    certificate: await text('se-publisher.cer'),
  }
}
