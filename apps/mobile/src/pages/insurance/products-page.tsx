import { insuranceProducts } from '@anqu/contract'
import { Lead, PageState, Screen, useLanguage, useTexts } from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { MainTabs } from '../home/main-tabs.tsx'
import { LanguageButton } from '../settings/language-button.tsx'
import { insuranceTexts } from './insurance-texts.ts'
import { ProductCard } from './product-card.tsx'

export const ProductsPage = () => {
  const { api, session, replace } = useApp()
  const language = useLanguage()
  const t = useTexts(insuranceTexts)
  const { loaded, reload } = useLoad(`products-${language}`, () => api.call(insuranceProducts, { language }))
  return (
    <Screen
      title={t('title')}
      onBack={session ? undefined : () => replace({ page: 'welcome' })}
      end={<LanguageButton />}
      dock={session && <MainTabs current="products" />}
    >
      <Lead title={t('lead')} />
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ products }) =>
          products.length === 0 ? (
            <PageState icon="umbrella" title={t('none')} />
          ) : (
            products.map((product) => <ProductCard key={product.productId} product={product} />)
          )
        }
      </LoadedView>
    </Screen>
  )
}
