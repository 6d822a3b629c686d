import { base64ToBytes, bytesToHex } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { formatName, parseCertificate, type Certificate } from '@anqu/pki'
import { Facts, formatDateTime, Notice, useLanguage, useTexts } from '@anqu/ui'
import { approvalTexts } from '../approvals/approval-texts.ts'
import { isKeyUsage } from '../approvals/parameters-table.tsx'
import { certificateTexts } from './certificate-texts.ts'

const readAll = (chain: readonly string[]): Certificate[] | undefined => {
  try {
    return chain.map((der) => parseCertificate(base64ToBytes(der)))
  } catch {
    return undefined
  }
}
const fingerprint = (certificate: Certificate): string => bytesToHex(sm3(certificate.raw))

/** What the certificate itself says, read here from its bytes, and who stands above it. */
export const CertificateContent = ({ chain }: { chain: readonly string[] }) => {
  const language = useLanguage()
  const c = useTexts(certificateTexts)
  const a = useTexts(approvalTexts)
  const [leaf, ...above] = readAll(chain) ?? []
  if (leaf === undefined) return <Notice tone="warn">{c('noChain')}</Notice>
  const { keyUsage, policies } = leaf.extensions
  const time = (atMs: number) => formatDateTime(atMs, language)
  const usageWord = (usage: string) => (isKeyUsage(usage) ? a(usage) : usage)
  const code = (text: string) => <code className="co-id">{text}</code>
  return (
    <>
      <h3>{c('content')}</h3>
      <Facts
        facts={[
          { label: c('subject'), value: code(formatName(leaf.subject)) },
          { label: c('issuer'), value: code(formatName(leaf.issuer)) },
          { label: c('validity'), value: `${time(leaf.notBeforeMs)} – ${time(leaf.notAfterMs)}` },
          { label: c('algorithm'), value: 'SM2 / SM3' },
          { label: c('keyUsage'), value: keyUsage === undefined ? '—' : keyUsage.map(usageWord).join('、') },
          ...(policies === undefined
            ? []
            : [{ label: c('policies'), value: code([...policies].join(', ')) }]),
          { label: c('publicKey'), value: code(bytesToHex(leaf.publicKey.bytes)) },
          { label: c('fingerprint'), value: code(fingerprint(leaf)) },
        ]}
      />
      <h3>{c('chain')}</h3>
      <ol className="co-story">
        {above.map((certificate) => (
          <li key={fingerprint(certificate)}>
            <b>{formatName(certificate.subject)}</b>
            <span>
              {time(certificate.notBeforeMs)} – {time(certificate.notAfterMs)}
            </span>
            {code(fingerprint(certificate))}
          </li>
        ))}
      </ol>
    </>
  )
}
