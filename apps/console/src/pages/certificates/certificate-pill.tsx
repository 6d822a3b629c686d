import { Pill, useLanguage, useTexts } from '@anqu/ui'
import { certificateTexts } from './certificate-texts.ts'
import { profileNames, statusTones, type CertificateStatus } from './certificate-words.ts'

export const CertificatePill = ({ status }: { status: CertificateStatus }) => {
  const c = useTexts(certificateTexts)
  return <Pill tone={statusTones[status]}>{c(status)}</Pill>
}

/** A profile's name in the reader's language. */
export function useProfileName(): (name: string) => string {
  const language = useLanguage()
  return (name) => profileNames[name]?.[language] ?? name
}
