import { useTexts } from '@anqu/ui'
import { useConsole } from '../../app/console-context.tsx'
import { texts } from '../../app/texts.ts'
import { Tabs } from '../../features/tabs.tsx'
import { Applications } from './applications.tsx'
import { Batches } from './batches.tsx'
import { Campaigns } from './campaigns.tsx'
import { CardSearch } from './card-search.tsx'
import { cardTexts } from './card-texts.ts'
import { MasterKeys } from './master-keys.tsx'

const views = {
  cards: { text: 'viewCards', View: CardSearch },
  applications: { text: 'viewApplications', View: Applications },
  campaigns: { text: 'viewCampaigns', View: Campaigns },
  batches: { text: 'viewBatches', View: Batches },
  keys: { text: 'viewKeys', View: MasterKeys },
} as const
type ViewName = keyof typeof views
const names = Object.keys(views) as ViewName[] // the keys are the names

export const CardsPage = () => {
  const { place, go } = useConsole()
  const t = useTexts(texts)
  const k = useTexts(cardTexts)
  const current = names.find((name) => name === place.filters['view']) ?? 'cards'
  const { View } = views[current]
  return (
    <>
      <div className="co-heading">
        <h1>{t('cards')}</h1>
      </div>
      <Tabs
        label={k('views')}
        tabs={names.map((name) => ({ name, text: k(views[name].text) }))}
        current={current}
        onChoose={(view) => go({ page: 'cards', filters: view === 'cards' ? {} : { view } })}
      />
      <View />
    </>
  )
}
