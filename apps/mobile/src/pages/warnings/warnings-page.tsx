import { warningsList } from '@anqu/contract'
import { Card, PageState, Pill, Screen, formatDateTime, useBilingual, useLanguage, useTexts } from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { warningsTexts } from './warnings-texts.ts'

/** The public page of warnings about major defects and threats; nobody has to log in to read it (B-7.4-6). */
export const WarningsPage = () => {
  const { api, back } = useApp()
  const language = useLanguage()
  const text = useBilingual()
  const t = useTexts(warningsTexts)
  const { loaded, reload } = useLoad('warnings', () => api.call(warningsList, {}))
  return (
    <Screen title={t('title')} onBack={back}>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ warnings }) =>
          warnings.length === 0 ? (
            <PageState icon="shield-check" title={t('none')}>
              {t('noneText')}
            </PageState>
          ) : (
            warnings.map((warning) => (
              <Card key={warning.warningId}>
                <article className="app-message">
                  <Pill tone={warning.severity === 'major' ? 'danger' : 'info'}>{t(warning.severity)}</Pill>
                  <h2>{text(warning.title)}</h2>
                  <p>{text(warning.text)}</p>
                  <small>{t('publishedAt', { time: formatDateTime(warning.publishedAtMs, language) })}</small>
                </article>
              </Card>
            ))
          )
        }
      </LoadedView>
    </Screen>
  )
}
