import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { encodePem, parsePem, pemToBytes } from '@anqu/encoding'
import { parseCertificate, parseCsr, validateChain, type Certificate } from '@anqu/pki'
import { ConfigError, readIfPresent, type Clock } from '@anqu/platform'
import type { AuthorityLink } from './authority-link.ts'

type Options = { readonly anchorsFile: string; readonly certificatesDir: string; readonly clock: Clock }

const wrong = (name: string, problem: string): ConfigError =>
  new ConfigError([{ setting: `ANQU_TSM_${name}`, problem }])

/**
 * Any CA, by files: the TSM needs three certificates in its life. It leaves its requests in a folder, and does not start until
 * the certificates that the CA made for them lie beside them (B-7.3.1.1-1).
 */
export async function handedOverAuthority(options: Options): Promise<AuthorityLink> {
  const { certificatesDir, clock } = options
  const [issuing, root] = await readAnchors(options)
  await mkdir(certificatesDir, { recursive: true })
  return {
    anchors: [issuing, root],
    async issue(csr, purpose) {
      const [request, answer] = [`${purpose}.csr`, `${purpose}.pem`]
      const given = await readIfPresent(path.join(certificatesDir, answer))
      if (given === undefined) {
        await writeFile(path.join(certificatesDir, request), encodePem('CERTIFICATE REQUEST', csr))
        throw wrong('CA_CERTIFICATES_DIR', `lacks ${answer}, the CA's certificate for the request ${request}`)
      }
      const leaf = certificateIn(given)
      const verdict =
        leaf &&
        validateChain({ leaf, intermediates: [issuing], anchors: [root], atMs: clock.nowMs(), usage: {} })
      if (leaf?.publicKey.equals(parseCsr(csr).publicKey) === true && verdict?.ok === true) return leaf.raw
      throw wrong('CA_CERTIFICATES_DIR', `${answer} is no certificate in force for the key of ${request}`)
    },
  }
}

function certificateIn(pem: string): Certificate | undefined {
  try {
    return parseCertificate(pemToBytes(pem, 'CERTIFICATE'))
  } catch {
    return undefined
  }
}

async function readAnchors({ anchorsFile, clock }: Options): Promise<[Certificate, Certificate]> {
  try {
    const blocks = parsePem(await readFile(anchorsFile, 'utf8'))
    const [issuing, root, ...more] = blocks.map(({ bytes }) => parseCertificate(bytes))
    const usage = { keyUsage: ['keyCertSign'] } as const
    const atMs = clock.nowMs()
    if (issuing !== undefined && root !== undefined && more.length === 0)
      if (validateChain({ leaf: issuing, intermediates: [], anchors: [root], atMs, usage }).ok)
        return [issuing, root]
  } catch {
    // Whatever is wrong with the file, one sentence says what it has to be.
  }
  throw wrong('CA_ANCHORS_FILE', 'must hold the issuing certificate and then its root, both in force, as PEM')
}
