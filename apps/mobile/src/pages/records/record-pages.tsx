import { notificationsList, operationsList } from '@anqu/contract'
import {
  Amount,
  Card,
  Cell,
  PageState,
  Screen,
  StatusPill,
  formatDateTime,
  useBilingual,
  useLanguage,
  useTexts,
} from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { recordTexts } from './record-texts.ts'

export const OperationsPage = () => {
  const { api, go, back } = useApp()
  const language = useLanguage()
  const text = useBilingual()
  const t = useTexts(recordTexts)
  const { loaded, reload } = useLoad('operations', () => api.call(operationsList, {}))
  return (
    <Screen title={t('operations')} onBack={back}>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ operations }) =>
          operations.length === 0 ? (
            <PageState icon="receipt" title={t('noOperations')} />
          ) : (
            <Card flush>
              {operations.map((operation) => (
                <Cell
                  key={operation.operationId}
                  title={text(operation.title)}
                  note={
                    <>
                      {operation.payee}
                      <br />
                      {formatDateTime(operation.createdAtMs, language)}
                    </>
                  }
                  end={
                    <span className="app-record-end">
                      <Amount fen={operation.amountFen} />
                      <StatusPill state={operation.state} />
                    </span>
                  }
                  onPress={() => go({ page: 'operation', operationId: operation.operationId })}
                />
              ))}
            </Card>
          )
        }
      </LoadedView>
    </Screen>
  )
}

export const MessagesPage = () => {
  const { api, back } = useApp()
  const language = useLanguage()
  const text = useBilingual()
  const t = useTexts(recordTexts)
  const { loaded, reload } = useLoad('messages', () => api.call(notificationsList, {}))
  return (
    <Screen title={t('messages')} onBack={back}>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ notifications }) =>
          notifications.length === 0 ? (
            <PageState icon="bell" title={t('noMessages')}>
              {t('noMessagesText')}
            </PageState>
          ) : (
            notifications.map((message) => (
              <Card key={message.notificationId}>
                <article className="app-message">
                  <h2>{text(message.title)}</h2>
                  <p>{text(message.text)}</p>
                  <small>{formatDateTime(message.atMs, language)}</small>
                </article>
              </Card>
            ))
          )
        }
      </LoadedView>
    </Screen>
  )
}
