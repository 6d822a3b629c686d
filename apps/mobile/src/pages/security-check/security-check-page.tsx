import { Button, Card, Cell, Notice, Pill, Screen, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { checks, findThreats } from '../../features/security-check.ts'
import { securityCheckTexts } from './security-check-texts.ts'

/** Looks for signs of an attack on this browser and says what to do about each (B-7.4-5). */
export const SecurityCheckPage = () => {
  const { back } = useApp()
  const t = useTexts(securityCheckTexts)
  const [threats, setThreats] = useState(() => findThreats({ window: globalThis.window, document }))
  const clean = threats.size === 0
  return (
    <Screen title={t('title')} onBack={back}>
      <Notice
        tone={clean ? 'good' : 'danger'}
        title={clean ? t('clean') : t('found', { count: threats.size })}
      >
        {t(clean ? 'cleanText' : 'foundText')}
      </Notice>
      <Card flush>
        {checks.map((check) => {
          const found = threats.has(check)
          return (
            <div key={check} data-check={check} data-found={found}>
              <Cell
                icon={found ? 'alert' : 'check'}
                title={t(check)}
                note={found ? t(`${check}Risk`) : undefined}
                end={<Pill tone={found ? 'danger' : 'good'}>{t(found ? 'risk' : 'passed')}</Pill>}
              />
            </div>
          )
        })}
      </Card>
      <Button
        wide
        look="secondary"
        onPress={() => setThreats(findThreats({ window: globalThis.window, document }))}
      >
        {t('again')}
      </Button>
      <p className="aq-field-hint">{t('limits')}</p>
    </Screen>
  )
}
