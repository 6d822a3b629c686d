import { TabBar, useTexts } from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { homeTexts } from './home-texts.ts'

type MainTab = 'home' | 'products' | 'policies' | 'me'

export const MainTabs = ({ current }: { current: MainTab }) => {
  const { replace } = useApp()
  const t = useTexts(homeTexts)
  return (
    <TabBar<MainTab>
      label={t('tabs')}
      current={current}
      onSelect={(page) => replace({ page })}
      tabs={[
        { key: 'home', label: t('home'), icon: 'home' },
        { key: 'products', label: t('products'), icon: 'umbrella' },
        { key: 'policies', label: t('policies'), icon: 'policy' },
        { key: 'me', label: t('me'), icon: 'person' },
      ]}
    />
  )
}
