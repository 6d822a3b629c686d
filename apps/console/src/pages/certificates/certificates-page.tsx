import { useTexts } from '@anqu/ui'
import { useConsole } from '../../app/console-context.tsx'
import { texts } from '../../app/texts.ts'
import { Tabs } from '../../features/tabs.tsx'
import { CertificateSearch } from './certificate-search.tsx'
import { certificateTexts } from './certificate-texts.ts'
import { ExpiryCalendar } from './expiry-calendar.tsx'
import { Profiles } from './profiles.tsx'
import { Publication } from './publication.tsx'
import { CertificateStatistics } from './statistics.tsx'
import { TransitionView } from './transition-view.tsx'

const views = {
  search: { text: 'viewSearch', View: CertificateSearch },
  calendar: { text: 'viewCalendar', View: ExpiryCalendar },
  statistics: { text: 'viewStatistics', View: CertificateStatistics },
  profiles: { text: 'viewProfiles', View: Profiles },
  transition: { text: 'viewTransition', View: TransitionView },
  publication: { text: 'viewPublication', View: Publication },
} as const
type ViewName = keyof typeof views
const names = Object.keys(views) as ViewName[] // the keys are the names

export const CertificatesPage = () => {
  const { place, go } = useConsole()
  const t = useTexts(texts)
  const c = useTexts(certificateTexts)
  const current = names.find((name) => name === place.filters['view']) ?? 'search'
  const { View } = views[current]
  return (
    <>
      <div className="co-heading">
        <h1>{t('certificates')}</h1>
      </div>
      <Tabs
        label={c('views')}
        tabs={names.map((name) => ({ name, text: c(views[name].text) }))}
        current={current}
        onChoose={(view) => go({ page: 'certificates', filters: view === 'search' ? {} : { view } })}
      />
      <View />
    </>
  )
}
