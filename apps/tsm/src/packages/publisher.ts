import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { loadCertifiedKey, type CertifiedKey } from '@anqu/ca/api'
import { bytesToBase64, bytesToHex, concatBytes, encodeBerTlv, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { sm2Sign, sm3 } from '@anqu/gm-crypto'
import { loadKeyFile } from '@anqu/platform'
import { encodeLoadFile, SECURITY_SERVICE_AID, type CommandApdu } from '@anqu/secure-element'
import {
  accessRulesData,
  clientCommandFilters,
  encodeClientBinding,
  encodeClientStatement,
  storeData,
} from '@anqu/secure-element/issuer'
import type { AuthorityLink } from '../keys/authority-link.ts'
import { securityService, type Packages } from './packages.ts'

/** What the publisher has signed for cards: packages, and which client software may reach them. */
export type Publisher = {
  /** Commands that bind a client instance to the keys it is given, and let nobody else in (B-7.4-3, B-7.4-4). */
  bindClient(client: {
    cardId: string
    version: number
    instance: Uint8Array
    /** SM3 of the load file that the card carries. */
    packageHash: Uint8Array
  }): CommandApdu[]
}

/** Version of the security service that this build of the project delivers. */
const deliveredVersion = 1

/**
 * The publisher of the project's own package signs it at the installation and lists its certificate. The key lies in a folder
 * of its own under a key-encryption key of its own: after the first start both can be taken away, and a publisher elsewhere
 * signs further versions.
 */
export async function loadPublisherKey(options: {
  readonly dataDir: string
  readonly signersDir: string
  readonly authority: AuthorityLink
}): Promise<CertifiedKey> {
  const folder = path.join(options.dataDir, 'publisher')
  const publisher = await loadCertifiedKey({
    folder,
    kek: await loadKeyFile(path.join(folder, 'key-encryption-key')),
    purpose: 'se-publisher',
    commonName: 'Anqu SE Publisher',
    authority: options.authority,
  })
  await mkdir(options.signersDir, { recursive: true, mode: 0o700 })
  const listed = path.join(options.signersDir, 'anqu-se-publisher.cer')
  await writeFile(listed, `${bytesToBase64(publisher.certificate.raw)}\n`)
  return publisher
}

/** Registers and activates the project's own package unless that has been done. */
export async function deliverSecurityService(packages: Packages, publisher: CertifiedKey): Promise<void> {
  const known = await packages.list()
  if (known.some(({ aid, version }) => aid === securityService && version === deliveredVersion)) return
  const name = 'security-service'
  const aid = hexToBytes(securityService)
  const loadFile = encodeLoadFile({ aid, name, version: deliveredVersion, modules: [SECURITY_SERVICE_AID] })
  await packages.register({
    aid: securityService,
    name,
    loadFile: bytesToBase64(loadFile),
    hash: bytesToHex(sm3(loadFile)),
    signature: bytesToBase64(sm2Sign(publisher.key, loadFile)),
    certificate: bytesToBase64(publisher.certificate.raw),
    requester: 'publisher',
  })
  await packages.setState({
    aid: securityService,
    version: deliveredVersion,
    state: 'active',
    actor: 'installation',
  })
}

/** Issuer number and card image number (Card Specification 2.3.1 §7.4.1). */
const NUMBER = { issuer: 0x42, image: 0x45 } as const

/**
 * Client software of this installation, as its publisher signed it. What it is allowed stands in one rule: all commands of the
 * security service but the one that is the issuer's.
 */
export function createPublisher(key: CertifiedKey): Publisher {
  const certificate = key.certificate.raw
  const commands = clientCommandFilters()
  const rules = accessRulesData([{ aid: SECURITY_SERVICE_AID, certificateHash: sm3(certificate), commands }])
  return {
    bindClient({ cardId, version, instance, packageHash }) {
      const statement = encodeClientStatement({ name: 'anqu-app', version: 1, packageHash })
      const signature = sm2Sign(key.key, statement)
      const request = { version, aid: SECURITY_SERVICE_AID, instance, statement, certificate, signature }
      const numbers = concatBytes(
        encodeBerTlv(NUMBER.issuer, utf8ToBytes('anqu')),
        encodeBerTlv(NUMBER.image, hexToBytes(cardId)),
      )
      // The binding counts only under a rule that is there already.
      return [...storeData(concatBytes(numbers, rules)), ...storeData(encodeClientBinding(request))]
    },
  }
}
