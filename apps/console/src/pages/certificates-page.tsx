import { staffCertificates, type OutputOf } from '@anqu/contract'
import { Pill, useTexts } from '@anqu/ui'
import { useConsole } from '../app/console-context.tsx'
import { texts } from '../app/texts.ts'
import { DataTable, LoadedView, Short, When, type Column } from '../features/parts.tsx'
import { useLoad } from '../features/use-load.ts'

type Certificate = OutputOf<typeof staffCertificates>['certificates'][number]
const pageLength = 100

export const CertificatesPage = () => {
  const { api } = useConsole()
  const t = useTexts(texts)
  const { loaded, reload } = useLoad('certificates', () => api.call(staffCertificates, { limit: pageLength }))
  const columns: Column<Certificate>[] = [
    { title: t('serial'), cell: (row) => <Short id={row.serial} /> },
    { title: t('subject'), cell: (row) => <Short id={row.subject} /> },
    { title: t('device'), cell: (row) => <Short id={row.deviceId} /> },
    { title: t('issued'), cell: (row) => <When atMs={row.issuedAtMs} /> },
    { title: t('expires'), cell: (row) => <When atMs={row.expiresAtMs} /> },
    {
      title: t('state'),
      cell: (row) => <Pill tone={row.state === 'active' ? 'good' : 'plain'}>{t(row.state)}</Pill>,
    },
  ]
  return (
    <>
      <div className="co-heading">
        <h1>{t('certificates')}</h1>
      </div>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ certificates }) => (
          <DataTable
            label={t('certificates')}
            columns={columns}
            rows={certificates}
            rowKey={(row) => row.serial}
            empty={t('none')}
          />
        )}
      </LoadedView>
    </>
  )
}
