import { insuranceTerms, type OutputOf } from '@anqu/contract'
import { Button, Card, CheckField, Lead, Screen, SectionTitle, useLanguage, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { insuranceTexts } from './insurance-texts.ts'

type Terms = OutputOf<typeof insuranceTerms>

/** The terms have a page of their own, and each important clause its own tick, none of them set by us. */
export const TermsPage = ({ productId }: { productId: string }) => {
  const { api, session, back, go, loginFirst } = useApp()
  const language = useLanguage()
  const t = useTexts(insuranceTexts)
  const [confirmed, setConfirmed] = useState<readonly string[]>([])
  const { loaded, reload } = useLoad(`terms-${productId}-${language}`, () =>
    api.call(insuranceTerms, { productId, language }),
  )
  const total = loaded.state === 'ready' ? loaded.value.important.length : 0
  const complete =
    loaded.state === 'ready' && loaded.value.important.every(({ key }) => confirmed.includes(key))
  const next = session ? (
    <Button wide disabled={!complete} onPress={() => go({ page: 'propose', productId })}>
      {t('agreeAll')}
    </Button>
  ) : (
    <Button wide onPress={() => loginFirst({ page: 'terms', productId })}>
      {t('readLogin')}
    </Button>
  )
  return (
    <Screen
      title={t('terms')}
      onBack={back}
      foot={
        loaded.state === 'ready' && (
          <>
            <p className="aq-field-hint app-centre" role="status">
              {t('confirmed', { done: confirmed.length, total })}
            </p>
            {next}
          </>
        )
      }
    >
      <LoadedView loaded={loaded} onRetry={reload}>
        {(terms) => <TermsBody terms={terms} confirmed={confirmed} onConfirmed={setConfirmed} />}
      </LoadedView>
    </Screen>
  )
}

const TermsBody = (props: {
  terms: Terms
  confirmed: readonly string[]
  onConfirmed: (confirmed: readonly string[]) => void
}) => {
  const t = useTexts(insuranceTexts)
  const { terms, confirmed, onConfirmed } = props
  return (
    <>
      <Lead title={terms.title} />
      <section className="aq-stack">
        <SectionTitle>{t('important')}</SectionTitle>
        <p className="aq-field-hint">{t('importantText')}</p>
        {terms.important.map((clause) => (
          <Card key={clause.key}>
            <div className="app-clause">
              <h3>{clause.heading}</h3>
              <p>{clause.text}</p>
              <CheckField
                checked={confirmed.includes(clause.key)}
                onChange={(on) =>
                  onConfirmed(on ? [...confirmed, clause.key] : confirmed.filter((key) => key !== clause.key))
                }
              >
                {t('confirmOne')}
              </CheckField>
            </div>
          </Card>
        ))}
      </section>
      <section className="aq-stack">
        <SectionTitle>{t('fullTerms')}</SectionTitle>
        <article className="app-prose">
          {terms.sections.map((section) => (
            <section key={section.heading}>
              <h3>{section.heading}</h3>
              <p>{section.text}</p>
            </section>
          ))}
        </article>
        <p className="aq-field-hint aq-figures">
          {t('digest', { version: terms.termsVersion, digest: terms.termsDigest.slice(0, 16) })}
        </p>
      </section>
    </>
  )
}
