import { sessionsHistory } from '@anqu/contract'
import { Card, Cell, PageState, Pill, Screen, formatDateTime, useLanguage, useTexts } from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { securityTexts } from './security-texts.ts'

/** Markers of what the browser did not tell are for the server's eyes (A-5.8-7). */
const readableDevice = (device: string) => device.replaceAll(/not-(?:available|authorised)/g, '').trim()

export const HistoryPage = () => {
  const { api, back } = useApp()
  const language = useLanguage()
  const t = useTexts(securityTexts)
  const { loaded, reload } = useLoad('history', () => api.call(sessionsHistory, {}))
  return (
    <Screen title={t('history')} onBack={back}>
      <p className="aq-field-hint">{t('historyHint')}</p>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ entries }) =>
          entries.length === 0 ? (
            <PageState icon="clock" title={t('noHistory')} />
          ) : (
            <Card flush>
              {entries.map((entry) => (
                <Cell
                  key={`${entry.atMs}-${entry.device}-${entry.outcome}`}
                  title={formatDateTime(entry.atMs, language)}
                  note={readableDevice(entry.device)}
                  end={
                    entry.active ? (
                      <Pill tone="info">{t(entry.current ? 'current' : 'activeSession')}</Pill>
                    ) : (
                      <Pill tone={entry.outcome === 'success' ? 'plain' : 'danger'}>{t(entry.outcome)}</Pill>
                    )
                  }
                />
              ))}
            </Card>
          )
        }
      </LoadedView>
    </Screen>
  )
}
