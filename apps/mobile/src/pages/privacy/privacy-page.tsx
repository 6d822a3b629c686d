import { consentDecide, consentNotice, type OutputOf } from '@anqu/contract'
import { Brand, Button, Choices, Lead, Notice, Screen, useLanguage, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView, ProblemNotice } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { useTask } from '../../features/use-task.ts'
import { LanguageButton } from '../settings/language-button.tsx'
import { CollectedList, FullText, Purposes, SharedList } from './privacy-parts.tsx'
import { privacyTexts } from './privacy-texts.ts'

type NoticeView = OutputOf<typeof consentNotice>
type Part = 'summary' | 'collected' | 'shared' | 'full'

/** First run, and later from the settings. Refusing is as easy as accepting, and nothing comes ticked (D-6.1.5-s1). */
export const PrivacyPage = ({ firstRun }: { firstRun: boolean }) => {
  const { api, back } = useApp()
  const language = useLanguage()
  const t = useTexts(privacyTexts)
  const notice = useLoad(`notice-${language}`, () => api.call(consentNotice, { language }))
  const view = (
    <LoadedView loaded={notice.loaded} onRetry={notice.reload}>
      {(value) => <Decision notice={value} firstRun={firstRun} />}
    </LoadedView>
  )
  if (notice.loaded.state === 'ready') return view
  return (
    <Screen title={t('title')} onBack={firstRun ? undefined : back} end={<LanguageButton />}>
      {view}
    </Screen>
  )
}

const Decision = ({ notice, firstRun }: { notice: NoticeView; firstRun: boolean }) => {
  const { api, consent, setConsent, session, setSession, replace, back } = useApp()
  const t = useTexts(privacyTexts)
  const { busy, problem, run } = useTask()
  const [part, setPart] = useState<Part>('summary')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const accepted = consent?.decision === 'accepted' && consent.version === notice.version

  const decide = (decision: 'accepted' | 'refused') =>
    run(async () => {
      const needed = notice.purposes.filter((purpose) => purpose.required || chosen.has(purpose.key))
      const purposes = decision === 'accepted' ? needed.map((purpose) => purpose.key) : []
      const { consentId } = await api.call(consentDecide, { version: notice.version, decision, purposes })
      setConsent({ version: notice.version, decision, consentId })
      if (session) setSession({ ...session, consentOutdated: false })
      replace(decision === 'accepted' ? { page: session ? 'home' : 'welcome' } : { page: 'products' })
    })

  const foot = accepted ? undefined : (
    <>
      {problem && <ProblemNotice problem={problem} />}
      <Button wide busy={busy} onPress={() => void decide('accepted')}>
        {t('accept')}
      </Button>
      <Button wide look="secondary" disabled={busy} onPress={() => void decide('refused')}>
        {t('refuse')}
      </Button>
    </>
  )
  return (
    <Screen title={t('title')} onBack={firstRun ? undefined : back} end={<LanguageButton />} foot={foot}>
      {firstRun && <Brand sizePx={40} />}
      <Lead title={firstRun ? t('lead') : notice.title}>{notice.introduction}</Lead>
      {accepted && <Notice tone="good">{t('alreadyAccepted')}</Notice>}
      <Choices<Part>
        label={t('views')}
        value={part}
        onChange={setPart}
        options={(['summary', 'collected', 'shared', 'full'] as const).map((value) => ({
          value,
          label: t(value),
        }))}
      />
      {part === 'summary' && (
        <Purposes notice={notice} chosen={chosen} onChoose={setChosen} locked={accepted} />
      )}
      {part === 'collected' && <CollectedList notice={notice} />}
      {part === 'shared' && <SharedList notice={notice} />}
      {part === 'full' && <FullText notice={notice} />}
      <p className="aq-field-hint">{t('version', { version: notice.version })}</p>
    </Screen>
  )
}
