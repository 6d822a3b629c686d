import { readFile } from 'node:fs/promises'
import { parsePem } from '@anqu/encoding'
import { parseCertificate, validateChain, type Certificate } from '@anqu/pki'
import { ConfigError, type Clock } from '@anqu/platform'
import { settingPrefix, type AuthorityConfig } from '../config.ts'
import {
  connectHttpAuthority,
  createThirdPartyAuthority,
  notOffered,
  type AuthorityOverview,
  type CertificationAuthority,
} from '../modules/certificates/index.ts'

const secretBytes = 64

/** The certification authority the settings name, behind its adapter (B-7.3.1.1-1). */
export async function connectAuthority(
  config: AuthorityConfig,
  { dataDir, clock }: { dataDir: string; clock: Clock },
): Promise<{ authority: CertificationAuthority; overview: AuthorityOverview }> {
  if (config.adapter === 'built-in') return connectHttpAuthority({ ...config, dataDir, clock })
  const anchors = readAnchors(await contentOf(config.anchorsFile, 'CA_ANCHORS_FILE'), clock.nowMs())
  const secret = await contentOf(config.secretFile, 'CA_SECRET_FILE')
  if (secret.length === 0) throw wrong('CA_SECRET_FILE', 'is an empty file')
  const authority = createThirdPartyAuthority({
    url: config.url,
    secret: new Uint8Array(secret.subarray(0, secretBytes)),
    anchors,
    clock,
  })
  return { authority, overview: notOffered() }
}

const wrong = (name: string, problem: string): ConfigError =>
  new ConfigError([{ setting: `${settingPrefix}${name}`, problem }])

async function contentOf(file: string, name: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch {
    throw wrong(name, 'is no file that can be read')
  }
}

/** Pinned as they were handed over, so that a mistake shows at the start and not at the first customer. */
function readAnchors(pem: Buffer, atMs: number): [Certificate, Certificate] {
  const problem = 'must hold the issuing certificate and then its root, both in force, as PEM'
  try {
    const [issuing, root, ...more] = parsePem(pem.toString('utf8')).map(({ bytes }) =>
      parseCertificate(bytes),
    )
    if (issuing === undefined || root === undefined || more.length > 0)
      throw wrong('CA_ANCHORS_FILE', problem)
    const usage = { keyUsage: ['keyCertSign'] } as const
    const verdict = validateChain({ leaf: issuing, intermediates: [], anchors: [root], atMs, usage })
    if (verdict.ok) return [issuing, root]
  } catch (error) {
    if (error instanceof ConfigError) throw error
  }
  throw wrong('CA_ANCHORS_FILE', problem)
}
