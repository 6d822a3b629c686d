import { insurancePolicies } from '@anqu/contract'
import {
  Amount,
  Button,
  Card,
  CopyableNumber,
  Facts,
  Lead,
  PageState,
  Pill,
  Screen,
  formatDate,
  formatDateTime,
  useLanguage,
  useTexts,
} from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { MainTabs } from '../home/main-tabs.tsx'
import { recordTexts } from './record-texts.ts'

function usePolicies() {
  const { api } = useApp()
  const language = useLanguage()
  return useLoad(`policies-${language}`, () => api.call(insurancePolicies, { language }))
}

const StatePill = ({ state }: { state: 'active' | 'ended' }) => {
  const t = useTexts(recordTexts)
  return <Pill tone={state === 'active' ? 'good' : 'plain'}>{t(state)}</Pill>
}

export const PoliciesPage = () => {
  const { go, replace } = useApp()
  const language = useLanguage()
  const t = useTexts(recordTexts)
  const { loaded, reload } = usePolicies()
  return (
    <Screen title={t('policies')} dock={<MainTabs current="policies" />}>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ policies }) =>
          policies.length === 0 ? (
            <PageState
              icon="policy"
              title={t('noPolicies')}
              action={<Button onPress={() => replace({ page: 'products' })}>{t('seeProducts')}</Button>}
            >
              {t('noPoliciesText')}
            </PageState>
          ) : (
            policies.map((policy) => (
              <button
                key={policy.policyId}
                type="button"
                className="aq-card app-product"
                onClick={() => go({ page: 'policy', policyId: policy.policyId })}
              >
                <span className="app-benefit">
                  <span className="app-product-name">{policy.productName}</span>
                  <StatePill state={policy.state} />
                </span>
                <span className="app-product-tagline aq-figures">{policy.policyNumber}</span>
                <span className="app-product-facts">
                  <span>
                    <small>{t('cover')}</small>
                    <Amount fen={policy.coverFen} short />
                  </span>
                  <span>
                    <small>{t('period')}</small>
                    <b>
                      {t('periodValue', {
                        from: formatDate(policy.startDate, language),
                        to: formatDate(policy.endDate, language),
                      })}
                    </b>
                  </span>
                </span>
              </button>
            ))
          )
        }
      </LoadedView>
    </Screen>
  )
}

export const PolicyPage = ({ policyId }: { policyId: string }) => {
  const { back } = useApp()
  const language = useLanguage()
  const t = useTexts(recordTexts)
  const { loaded, reload } = usePolicies()
  return (
    <Screen title={t('policy')} onBack={back}>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ policies }) => {
          const policy = policies.find((item) => item.policyId === policyId)
          if (!policy) return <PageState icon="policy" title={t('policyMissing')} />
          const from = formatDate(policy.startDate, language)
          const to = formatDate(policy.endDate, language)
          return (
            <>
              <Lead title={policy.productName} />
              <div>
                <StatePill state={policy.state} />
              </div>
              <Card>
                <Facts
                  facts={[
                    {
                      label: t('policyNumber'),
                      value: <CopyableNumber value={policy.policyNumber} label={t('policyNumber')} />,
                    },
                    { label: t('insured'), value: policy.insuredMasked },
                    { label: t('cover'), value: <Amount fen={policy.coverFen} short /> },
                    { label: t('premium'), value: <Amount fen={policy.premiumFen} /> },
                    { label: t('period'), value: t('periodValue', { from, to }) },
                    { label: t('issuedAt'), value: formatDateTime(policy.issuedAtMs, language) },
                  ]}
                />
              </Card>
            </>
          )
        }}
      </LoadedView>
    </Screen>
  )
}
