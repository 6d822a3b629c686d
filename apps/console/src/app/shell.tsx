import { Brand, useTexts, type Theme } from '@anqu/ui'
import { ApprovalsPage } from '../pages/approvals/approvals-page.tsx'
import { AuditPage } from '../pages/audit-page.tsx'
import { CardsPage } from '../pages/cards/cards-page.tsx'
import { CertificatesPage } from '../pages/certificates/certificates-page.tsx'
import { ConformancePage } from '../pages/conformance-page.tsx'
import { LocksPage } from '../pages/locks-page.tsx'
import { OperationsPage } from '../pages/operations-page.tsx'
import { OverviewPage } from '../pages/overview-page.tsx'
import { WarningsPage } from '../pages/warnings/warnings-page.tsx'
import { StaffProvider, useConsole, type Staff } from './console-context.tsx'
import { pages, type PageName } from './router.ts'
import { texts } from './texts.ts'

const views: Readonly<Record<PageName, () => React.ReactNode>> = {
  overview: OverviewPage,
  operations: OperationsPage,
  audit: AuditPage,
  certificates: CertificatesPage,
  approvals: ApprovalsPage,
  cards: CardsPage,
  warnings: WarningsPage,
  locks: LocksPage,
  conformance: ConformancePage,
}
const roles = {
  operator: 'roleOperator',
  auditor: 'roleAuditor',
  administrator: 'roleAdministrator',
} as const

export const Shell = (props: {
  staff: Staff
  theme: Theme
  onTheme: () => void
  onLanguage: () => void
  onLogout: () => void
}) => {
  const { place, go } = useConsole()
  const t = useTexts(texts)
  const View = views[place.page]
  const { displayName, role } = props.staff
  return (
    <div className="co-shell">
      <header className="co-top">
        <Brand sizePx={28} />
        <nav aria-label={t('menu')}>
          {pages.map((page) => (
            <button
              key={page}
              type="button"
              className="co-nav"
              aria-current={page === place.page ? 'page' : undefined}
              onClick={() => go({ page, filters: {} })}
            >
              {t(page)}
            </button>
          ))}
        </nav>
        <div className="co-who">
          <span>
            {displayName} · {t(roles[role])}
          </span>
          <button type="button" className="co-link" onClick={props.onTheme}>
            {t(props.theme === 'dark' ? 'lightTheme' : 'darkTheme')}
          </button>
          <button type="button" className="co-link" onClick={props.onLanguage}>
            {t('language')}
          </button>
          <button type="button" className="co-link" onClick={props.onLogout}>
            {t('logout')}
          </button>
        </div>
      </header>
      <main className="co-main" key={place.page}>
        <StaffProvider value={props.staff}>
          <View />
        </StaffProvider>
      </main>
      <Watermark text={displayName} />
    </div>
  )
}

/** Whoever photographs the screen photographs a name with it. */
const Watermark = ({ text }: { text: string }) => (
  <div className="co-watermark" aria-hidden="true">
    {Array.from({ length: 60 }, (_, index) => (
      <span key={index}>{text}</span>
    ))}
  </div>
)
