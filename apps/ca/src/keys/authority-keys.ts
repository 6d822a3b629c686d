import path from 'node:path'
import { utf8ToBytes } from '@anqu/encoding'
import { parseCrl, type Certificate, type Crl } from '@anqu/pki'
import { loadKeyFile, type Clock } from '@anqu/platform'
import { holdCeremony } from './ceremony.ts'
import { KeyFolder, type AuthorityKey } from './key-folder.ts'
import { shareToText } from './root-shares.ts'
import { readRecord, type CeremonyRecord } from './transcript.ts'

export type { AuthorityKey }

export type AuthorityKeys = {
  readonly root: Certificate
  /** The root's list over issuing CAs, renewed by custodians. Missing in folders made before there was one. */
  readonly rootList: Crl | undefined
  readonly issuing: AuthorityKey
  /** Signs answers to callers. */
  readonly service: AuthorityKey
}

type Options = {
  readonly dataDir: string
  readonly clock: Clock
  readonly profile: 'demo' | 'production'
  readonly publicUrl: string
}

export const keyFolderOf = (dataDir: string): KeyFolder => new KeyFolder(path.join(dataDir, 'keys'))
export const loadKek = (dataDir: string) => loadKeyFile(path.join(dataDir, 'key-encryption-key'))

/**
 * Loads the keys a ceremony made. In the demo the program holds one by itself at the first start; production starts only
 * with keys of a ceremony held by people (`anqu-ca ceremony`).
 */
export async function loadAuthorityKeys(options: Options): Promise<AuthorityKeys> {
  const { dataDir, profile } = options
  const folder = keyFolderOf(dataDir)
  if ((await folder.read('service.cer')) === undefined) {
    if (profile === 'production')
      throw new Error('no ceremony was held: the keys are made by custodians with `anqu-ca ceremony`')
    await holdDemoCeremony(options, folder)
  }
  const kek = await loadKek(dataDir)
  const root = await folder.readCertificate('root')
  const issuing = await folder.readKey('issuing', kek)
  if (profile === 'production') await assertHeld(folder, { root, issuing: issuing.certificate })
  const list = await folder.read('root.crl')
  return {
    root,
    rootList: list === undefined ? undefined : parseCrl(list),
    issuing,
    service: await folder.readKey('service', kek),
  }
}

async function assertHeld(
  folder: KeyFolder,
  certificates: { root: Certificate; issuing: Certificate },
): Promise<CeremonyRecord> {
  const record = readRecord(await folder.need('ceremony.json'), certificates)
  if (record.mode !== 'held') throw new Error('the keys are those of a demo and no good for production')
  // The CA is stronger than its host only while the root cannot be used from there.
  if ((await folder.read('root.p8')) !== undefined)
    throw new Error(`the sealed root key still lies in ${folder.path}: take it away`)
  return record
}

async function holdDemoCeremony({ dataDir, clock, publicUrl }: Options, folder: KeyFolder): Promise<void> {
  await holdCeremony(
    { online: folder, offline: folder, kek: await loadKek(dataDir), clock },
    {
      mode: 'demo',
      place: 'first start of a demo',
      witnesses: [],
      custodians: ['demo-1', 'demo-2', 'demo-3'],
      threshold: 2,
      publicUrl,
    },
    (share) => folder.write(`${share.custodian}.share`, utf8ToBytes(shareToText(share))),
  )
}
