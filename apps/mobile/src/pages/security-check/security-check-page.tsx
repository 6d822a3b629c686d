import type { KeeperState } from '@anqu/app-package'
import { Button, Card, Cell, Notice, Pill, Screen, useTexts } from '@anqu/ui'
import { useCallback, useEffect, useState } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { checks, findThreats } from '../../features/security-check.ts'
import { securityCheckTexts } from './security-check-texts.ts'

const shown = ['package', ...checks] as const
type Shown = (typeof shown)[number]

/** Looks for signs of an attack on this browser and on the app itself, and says what to do about each (B-7.4-5). */
export const SecurityCheckPage = () => {
  const { back } = useApp()
  const t = useTexts(securityCheckTexts)
  const { threats, look } = useThreats()
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
        {shown.map((check) => {
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
      <Button wide look="secondary" onPress={look}>
        {t('again')}
      </Button>
      <p className="aq-field-hint">{t('limits')}</p>
    </Screen>
  )
}

function useThreats() {
  const { api } = useApp()
  const [here, setHere] = useState<ReadonlySet<Shown>>(findHere)
  const [sound, setSound] = useState(true)
  const askKeeper = useCallback(() => {
    api.askAboutPackage('check').then(
      (state) => setSound(isSound(state)),
      () => setSound(false),
    )
  }, [api])
  useEffect(askKeeper, [askKeeper])
  const look = (): void => {
    setHere(findHere())
    askKeeper()
  }
  return { threats: sound ? here : new Set<Shown>(['package', ...here]), look }
}

const findHere = (): ReadonlySet<Shown> => findThreats({ window: globalThis.window, document })

/** Whole, and nobody offered another package in its place. */
const isSound = (state: KeeperState): boolean =>
  state.state === 'ready' && (state.refusedUpdate === undefined || state.refusedUpdate === 'unreachable')
