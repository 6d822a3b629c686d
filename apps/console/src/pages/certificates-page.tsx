import { staffCertificateSearch, type OutputOf } from '@anqu/contract'
import { Pill, useTexts } from '@anqu/ui'
import { useConsole } from '../app/console-context.tsx'
import { texts } from '../app/texts.ts'
import { DataTable, LoadedView, Short, When, type Column } from '../features/parts.tsx'
import { useLoad } from '../features/use-load.ts'

type Certificate = OutputOf<typeof staffCertificateSearch>['certificates'][number]
const pageLength = 100

export const CertificatesPage = () => {
  const { api } = useConsole()
  const t = useTexts(texts)
  const { loaded, reload } = useLoad('certificates', () =>
    api.call(staffCertificateSearch, { limit: pageLength }),
  )
  const columns: Column<Certificate>[] = [
    { title: t('serial'), cell: (row) => <Short id={row.serial} /> },
    { title: t('subject'), cell: (row) => <Short id={row.accountId ?? row.holder ?? '—'} /> },
    { title: t('device'), cell: (row) => <Short id={row.deviceId ?? '—'} /> },
    { title: t('issued'), cell: (row) => <When atMs={row.issuedAtMs} /> },
    { title: t('expires'), cell: (row) => <When atMs={row.notAfterMs} /> },
    {
      title: t('state'),
      cell: (row) => <Pill tone={row.status === 'good' ? 'good' : 'plain'}>{row.status}</Pill>,
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
