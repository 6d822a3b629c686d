import { consentNotice, consentWithdraw } from '@anqu/contract'
import { Button, Card, CheckField, Lead, Notice, Screen, useLanguage, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView, ProblemNotice } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { useTask } from '../../features/use-task.ts'
import { settingsTexts } from './settings-texts.ts'

export const WithdrawalPage = () => {
  const { api, back } = useApp()
  const language = useLanguage()
  const t = useTexts(settingsTexts)
  const { busy, problem, run } = useTask()
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [done, setDone] = useState(false)
  const notice = useLoad(`notice-${language}`, () => api.call(consentNotice, { language }))
  const withdraw = () =>
    run(async () => {
      await api.call(consentWithdraw, { purposes: [...chosen] })
      setChosen([])
      setDone(true)
    })
  return (
    <Screen
      title={t('withdraw')}
      onBack={back}
      foot={
        <Button wide busy={busy} disabled={chosen.length === 0} onPress={() => void withdraw()}>
          {t('withdrawSubmit')}
        </Button>
      }
    >
      <Lead title={t('withdrawLead')}>{t('withdrawText')}</Lead>
      {done && <Notice tone="good">{t('withdrawDone')}</Notice>}
      {problem && <ProblemNotice problem={problem} />}
      <LoadedView loaded={notice.loaded} onRetry={notice.reload}>
        {(value) => {
          const optional = value.purposes.filter((purpose) => !purpose.required)
          if (optional.length === 0) return <p>{t('withdrawNone')}</p>
          return (
            <Card>
              {optional.map((purpose) => (
                <CheckField
                  key={purpose.key}
                  checked={chosen.includes(purpose.key)}
                  onChange={(on) =>
                    setChosen(on ? [...chosen, purpose.key] : chosen.filter((key) => key !== purpose.key))
                  }
                >
                  {purpose.title}
                </CheckField>
              ))}
            </Card>
          )
        }}
      </LoadedView>
    </Screen>
  )
}
