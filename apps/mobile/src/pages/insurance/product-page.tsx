import { insuranceProduct, type OutputOf } from '@anqu/contract'
import {
  Amount,
  Button,
  Card,
  Cell,
  Facts,
  Lead,
  Screen,
  SectionTitle,
  useLanguage,
  useTexts,
} from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { insuranceTexts } from './insurance-texts.ts'

type Product = OutputOf<typeof insuranceProduct>

export const ProductPage = ({ productId }: { productId: string }) => {
  const { api, back, go } = useApp()
  const language = useLanguage()
  const t = useTexts(insuranceTexts)
  const { loaded, reload } = useLoad(`product-${productId}-${language}`, () =>
    api.call(insuranceProduct, { productId, language }),
  )
  return (
    <Screen
      title={t('title')}
      onBack={back}
      foot={
        loaded.state === 'ready' && (
          <div className="app-buy">
            <span>
              <Amount fen={loaded.value.premiumFen} size="large" />
              <small>{t('perUnit')}</small>
            </span>
            <Button onPress={() => go({ page: 'terms', productId })}>{t('insure')}</Button>
          </div>
        )
      }
    >
      <LoadedView loaded={loaded} onRetry={reload}>
        {(product) => <ProductBody product={product} />}
      </LoadedView>
    </Screen>
  )
}

const ProductBody = ({ product }: { product: Product }) => {
  const { go } = useApp()
  const t = useTexts(insuranceTexts)
  return (
    <>
      <Lead title={product.name}>{product.tagline}</Lead>
      <Card>
        <Facts
          facts={[
            { label: t('cover'), value: <Amount fen={product.coverFen} short /> },
            { label: t('period'), value: t('days', { days: product.periodDays }) },
            { label: t('insurer'), value: product.insurer },
          ]}
        />
      </Card>
      <section className="aq-stack">
        <SectionTitle>{t('benefits')}</SectionTitle>
        {product.benefits.map((benefit) => (
          <Card key={benefit.title}>
            <div className="app-benefit">
              <strong>{benefit.title}</strong>
              <Amount fen={benefit.coverFen} short />
            </div>
            <p className="app-benefit-text">{benefit.text}</p>
          </Card>
        ))}
      </section>
      <section className="aq-stack">
        <SectionTitle>{t('eligibility')}</SectionTitle>
        <Card>
          <Facts
            facts={[
              {
                label: t('age'),
                value: t('ageRange', { min: product.eligibility.minAge, max: product.eligibility.maxAge }),
              },
              { label: t('units'), value: t('unitsMax', { units: product.eligibility.maxUnits }) },
            ]}
          />
        </Card>
      </section>
      <Card flush>
        <Cell
          icon="policy"
          title={t('terms')}
          note={t('termsNote')}
          onPress={() => go({ page: 'terms', productId: product.productId })}
        />
      </Card>
    </>
  )
}
