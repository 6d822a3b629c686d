import { staffCertificate, type OutputOf } from '@anqu/contract'
import { Facts, Notice, Pill, useTexts, type Fact } from '@anqu/ui'
import { useState } from 'react'
import { useConsole } from '../../app/console-context.tsx'
import { Drawer, LoadedView, When } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { CertificateActions, type Done } from './certificate-actions.tsx'
import { CertificateContent } from './certificate-content.tsx'
import { CertificatePill, useProfileName } from './certificate-pill.tsx'
import { certificateTexts } from './certificate-texts.ts'
import { eventWord, reasonWord, whoWord } from './certificate-words.ts'

type Detail = OutputOf<typeof staffCertificate>

export const CertificateDrawer = ({ serial, onClose }: { serial: string; onClose: () => void }) => {
  const { api, go } = useConsole()
  const c = useTexts(certificateTexts)
  const [round, setRound] = useState(0)
  const [done, setDone] = useState<Done>()
  const { loaded, reload } = useLoad(`certificate-${serial}-${round}`, () =>
    api.call(staffCertificate, { serial }),
  )
  return (
    <Drawer title={c('detail')} closeText={c('close')} onClose={onClose}>
      <code className="co-id">{serial}</code>
      {done !== undefined && (
        <Notice tone="good" title={c(done)}>
          {c(done === 'held' ? 'heldText' : 'proposedText')}
        </Notice>
      )}
      <LoadedView loaded={loaded} onRetry={reload}>
        {(detail) => (
          <>
            {detail.openProposals.length > 0 && (
              <Notice tone="info" title={c('openProposals', { count: detail.openProposals.length })}>
                <button
                  type="button"
                  className="co-link"
                  onClick={() => go({ page: 'approvals', filters: {} })}
                >
                  {c('toApprovals')}
                </button>
              </Notice>
            )}
            <CertificateActions
              certificate={detail.certificate}
              onDone={(what) => {
                setDone(what)
                setRound(round + 1)
              }}
            />
            <States detail={detail} />
            <CertificateContent chain={detail.chain} />
            <History history={detail.history} />
          </>
        )}
      </LoadedView>
    </Drawer>
  )
}

const States = ({ detail: { certificate, here } }: { detail: Detail }) => {
  const c = useTexts(certificateTexts)
  const profileName = useProfileName()
  const { change } = certificate
  const id = (value: string | null): Fact['value'] => <code className="co-id">{value ?? '—'}</code>
  const facts: Fact[] = [
    {
      label: c('stateAtCa'),
      value: (
        <span className="co-pills">
          <CertificatePill status={certificate.status} />
          {certificate.nearExpiry && certificate.status === 'good' && (
            <Pill tone="warn">{c('nearExpiry')}</Pill>
          )}
        </span>
      ),
    },
    { label: c('stateHere'), value: <StateHere here={here} /> },
    {
      label: c('profile'),
      value: `${profileName(certificate.profile)} · ${c('profileVersion', { version: certificate.profileVersion })}`,
    },
    { label: c('account'), value: id(certificate.accountId) },
    { label: c('device'), value: id(certificate.deviceId) },
    { label: c('issued'), value: <When atMs={certificate.issuedAtMs} /> },
    { label: c('expires'), value: <When atMs={certificate.notAfterMs} /> },
  ]
  if (certificate.accountId === null) facts.push({ label: c('holder'), value: certificate.holder ?? '—' })
  if (certificate.renews !== null) facts.push({ label: c('renews'), value: id(certificate.renews) })
  if (change !== null)
    facts.push(
      { label: c('changeAt'), value: <When atMs={change.atMs} /> },
      { label: c('changeBy'), value: whoWord(c, change.by) },
      { label: c('changeReason'), value: change.reason },
      { label: c('crlReason'), value: reasonWord(c, change.crlReason) },
    )
  return <Facts facts={facts} />
}

const StateHere = ({ here }: { here: Detail['here'] }) => {
  const c = useTexts(certificateTexts)
  if (here === null) return <>{c('notCustomer')}</>
  const { state, revocation } = here
  const tone = state === 'active' ? 'good' : state === 'suspended' ? 'warn' : 'danger'
  return (
    <span className="co-pills">
      <Pill tone={tone}>{c(state)}</Pill>
      {revocation?.state === 'queued' && <Pill tone="warn">{c('toldQueued')}</Pill>}
      {revocation?.state === 'refused' && (
        <Pill tone="danger">{c('toldRefused', { why: revocation.refusal ?? '' })}</Pill>
      )}
    </span>
  )
}

const History = ({ history }: { history: Detail['history'] }) => {
  const { go } = useConsole()
  const c = useTexts(certificateTexts)
  return (
    <>
      <h3>{c('history')}</h3>
      {history.length === 0 && <p className="co-empty">{c('noHistory')}</p>}
      <ol className="co-story">
        {history.map((event) => (
          <li key={event.position}>
            <b>{eventWord(c, event.event)}</b>
            {event.actorNames.length > 0 && <span>{c('by', { names: event.actorNames.join('、') })}</span>}
            <When atMs={event.atMs} />
            <button
              type="button"
              className="co-link co-link-small"
              onClick={() => go({ page: 'audit', filters: { correlationId: event.correlationId } })}
            >
              {event.correlationId}
            </button>
          </li>
        ))}
      </ol>
    </>
  )
}
