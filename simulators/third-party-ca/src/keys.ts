import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { exportPkcs8, importPkcs8, Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  buildCertificate,
  parseCertificate,
  privateKeySigner,
  randomSerial,
  type Certificate,
  type ExtensionRequest,
} from '@anqu/pki'

export interface CaKey {
  readonly key: Sm2PrivateKey
  readonly certificate: Certificate
}

const yearMs = 365 * 86_400_000

/** Root and issuing key of this CA; made at the first start. Keys lie in the open: it is a stand-in. */
export async function loadKeys(folder: string, nowMs: number): Promise<{ root: CaKey; issuing: CaKey }> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const read = async (name: string): Promise<CaKey> => ({
    key: importPkcs8(new Uint8Array(await readFile(path.join(folder, `${name}.p8`)))),
    certificate: parseCertificate(new Uint8Array(await readFile(path.join(folder, `${name}.cer`)))),
  })
  try {
    return { root: await read('root'), issuing: await read('issuing') }
  } catch {
    const root = await makeKey(undefined, 'Third Party Root', nowMs)
    const issuing = await makeKey(root, 'Third Party CA', nowMs)
    for (const [name, { key, certificate }] of Object.entries({ root, issuing })) {
      await writeFile(path.join(folder, `${name}.p8`), exportPkcs8(key), { mode: 0o600 })
      await writeFile(path.join(folder, `${name}.cer`), certificate.raw)
    }
    return { root, issuing }
  }
}

async function makeKey(issuer: CaKey | undefined, common: string, nowMs: number): Promise<CaKey> {
  const key = Sm2PrivateKey.generate()
  const extensions: ExtensionRequest = {
    basicConstraints: issuer ? { ca: true, pathLength: 0 } : { ca: true },
    keyUsage: ['keyCertSign', 'cRLSign', 'digitalSignature'],
  }
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: [
      { type: 'C', value: 'CN' },
      { type: 'O', value: 'Third Party' },
      { type: 'CN', value: common },
    ],
    publicKey: key.publicKey,
    notBeforeMs: nowMs - 60_000,
    notAfterMs: nowMs + (issuer ? 10 : 20) * yearMs,
    extensions,
    issuer: issuer?.certificate ?? 'self',
    signer: privateKeySigner(issuer?.key ?? key),
  })
  return { key, certificate: parseCertificate(der) }
}
