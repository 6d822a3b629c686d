import type { insuranceProducts, OutputOf } from '@anqu/contract'
import { Amount, useTexts } from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { insuranceTexts } from './insurance-texts.ts'

type Product = OutputOf<typeof insuranceProducts>['products'][number]

export const ProductCard = ({ product }: { product: Product }) => {
  const { go } = useApp()
  const t = useTexts(insuranceTexts)
  return (
    <button
      type="button"
      className="aq-card app-product"
      onClick={() => go({ page: 'product', productId: product.productId })}
    >
      <span className="app-product-name">{product.name}</span>
      <span className="app-product-tagline">{product.tagline}</span>
      <span className="app-product-facts">
        <span>
          <small>{t('cover')}</small>
          <Amount fen={product.coverFen} short />
        </span>
        <span>
          <small>{t('period')}</small>
          <b className="aq-figures">{t('days', { days: product.periodDays })}</b>
        </span>
        <span>
          <small>{t('premium')}</small>
          <Amount fen={product.premiumFen} />
        </span>
      </span>
    </button>
  )
}
