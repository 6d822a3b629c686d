import { insurancePolicies, insuranceProducts, notificationsList } from '@anqu/contract'
import {
  Amount,
  Brand,
  Button,
  Card,
  Cell,
  Icon,
  Notice,
  SectionTitle,
  formatDateTime,
  useBilingual,
  useLanguage,
  useTexts,
  type IconName,
} from '@anqu/ui'
import { useApp, type Session } from '../../app/app-context.tsx'
import type { Place } from '../../app/router.ts'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { CertificatePrompt } from '../certificate/certificate-prompt.tsx'
import { ProductCard } from '../insurance/product-card.tsx'
import { homeTexts } from './home-texts.ts'
import { MainTabs } from './main-tabs.tsx'

export const HomePage = ({ session }: { session: Session }) => {
  const { go } = useApp()
  const language = useLanguage()
  const t = useTexts(homeTexts)
  const since = session.lastLoginAtMs
  return (
    <div className="aq-screen">
      <header className="app-hero app-home-hero">
        <div className="app-hero-bar">
          <Brand sizePx={26} />
          <button
            type="button"
            className="aq-icon-button"
            onClick={() => go({ page: 'messages' })}
            aria-label={t('messages')}
          >
            <Icon name="bell" />
          </button>
        </div>
        <div>
          <h1 className="app-hello">{t('hello', { name: session.nameMasked })}</h1>
          <p className="app-hero-note">
            {since === null ? t('firstLogin') : t('lastLogin', { time: formatDateTime(since, language) })}
          </p>
        </div>
      </header>
      <main className="aq-screen-body app-home-body">
        <CoverCard />
        <SessionNotice session={session} />
        <DeviceNotice bound={session.deviceBound} onBind={() => go({ page: 'bind-device' })} />
        {session.deviceBound && <CertificatePrompt />}
        <Messages />
        <Recommended />
      </main>
      <MainTabs current="home" />
    </div>
  )
}

const CoverCard = () => {
  const { api, go } = useApp()
  const language = useLanguage()
  const t = useTexts(homeTexts)
  const { loaded } = useLoad(`policies-${language}`, () => api.call(insurancePolicies, { language }))
  const active =
    loaded.state === 'ready' ? loaded.value.policies.filter((policy) => policy.state === 'active') : []
  const total = active.reduce((sum, policy) => sum + BigInt(policy.coverFen), 0n)
  const actions: readonly (readonly ['insure' | 'myPolicies' | 'records' | 'security', IconName, Place])[] = [
    ['insure', 'umbrella', { page: 'products' }],
    ['myPolicies', 'policy', { page: 'policies' }],
    ['records', 'receipt', { page: 'operations' }],
    ['security', 'shield', { page: 'security' }],
  ]
  return (
    <Card flush>
      <div className="app-cover" aria-busy={loaded.state === 'loading'}>
        <p>{t('coverTotal')}</p>
        <Amount fen={String(total)} size="large" short />
        <p className="app-cover-note">{t('policyCount', { count: active.length })}</p>
      </div>
      <div className="app-actions">
        {actions.map(([label, icon, place]) => (
          <button key={label} type="button" onClick={() => go(place)}>
            <Icon name={icon} />
            {t(label)}
          </button>
        ))}
      </div>
    </Card>
  )
}

const SessionNotice = ({ session }: { session: Session }) => {
  const t = useTexts(homeTexts)
  if (session.notice === 'none') return null
  const text = {
    'another-session-ended': 'noticeOtherEnded',
    'password-expires-soon': 'noticePasswordSoon',
    'password-expired': 'noticePasswordExpired',
  } as const
  return <Notice tone="warn">{t(text[session.notice])}</Notice>
}

const DeviceNotice = ({ bound, onBind }: { bound: boolean; onBind: () => void }) => {
  const t = useTexts(homeTexts)
  if (bound)
    return (
      <p className="app-assured">
        <Icon name="shield-check" />
        {t('bound')}
      </p>
    )
  return (
    <section className="app-bind-card">
      <Icon name="shield" />
      <div>
        <strong>{t('bindTitle')}</strong>
        <p>{t('bindText')}</p>
      </div>
      <Button onPress={onBind}>{t('bindNow')}</Button>
    </section>
  )
}

const Messages = () => {
  const { api, go } = useApp()
  const language = useLanguage()
  const text = useBilingual()
  const t = useTexts(homeTexts)
  const { loaded, reload } = useLoad('messages', () => api.call(notificationsList, {}))
  return (
    <section className="aq-stack">
      <SectionTitle
        end={
          <button type="button" className="app-link" onClick={() => go({ page: 'messages' })}>
            {t('all')}
          </button>
        }
      >
        {t('messages')}
      </SectionTitle>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ notifications }) =>
          notifications.length === 0 ? (
            <p className="aq-field-hint">{t('noMessages')}</p>
          ) : (
            <Card flush>
              {notifications.slice(0, 2).map((message) => (
                <Cell
                  key={message.notificationId}
                  icon="bell"
                  title={text(message.title)}
                  note={formatDateTime(message.atMs, language)}
                  onPress={() => go({ page: 'messages' })}
                />
              ))}
            </Card>
          )
        }
      </LoadedView>
    </section>
  )
}

const Recommended = () => {
  const { api } = useApp()
  const language = useLanguage()
  const t = useTexts(homeTexts)
  const { loaded, reload } = useLoad(`products-${language}`, () => api.call(insuranceProducts, { language }))
  return (
    <section className="aq-stack">
      <SectionTitle>{t('recommended')}</SectionTitle>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ products }) =>
          products.slice(0, 2).map((product) => <ProductCard key={product.productId} product={product} />)
        }
      </LoadedView>
    </section>
  )
}
