import { staffProposeWarning, type InputOf } from '@anqu/contract'
import { Button, Choices, TextArea, TextField, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole } from '../../app/console-context.tsx'
import { texts } from '../../app/texts.ts'
import { Drawer, ProblemNotice } from '../../features/parts.tsx'
import { useTask } from '../../features/use-task.ts'
import { warningTexts } from './warning-texts.ts'

type Draft = InputOf<typeof staffProposeWarning>
const empty: Draft = {
  severity: 'major',
  audience: 'everybody',
  title: { zh: '', en: '' },
  text: { zh: '', en: '' },
}

export const WriteWarning = ({ onClose }: { onClose: () => void }) => {
  const { api } = useConsole()
  const t = useTexts(texts)
  const w = useTexts(warningTexts)
  const { busy, problem, run } = useTask()
  const [draft, setDraft] = useState(empty)
  const ready = staffProposeWarning.input.safeParse(draft).success
  const submit = () =>
    run(async () => {
      await api.call(staffProposeWarning, draft)
      onClose()
    })
  return (
    <Drawer title={w('write')} closeText={t('close')} onClose={onClose}>
      <p className="aq-field-hint">{w('writeText')}</p>
      {problem && <ProblemNotice problem={problem} />}
      <Choices<Draft['severity']>
        label={w('severity')}
        value={draft.severity}
        options={(['major', 'notice'] as const).map((value) => ({ value, label: w(value) }))}
        onChange={(severity) => setDraft({ ...draft, severity })}
      />
      <Choices<Draft['audience']>
        label={w('audience')}
        value={draft.audience}
        options={(['everybody', 'bound-device'] as const).map((value) => ({ value, label: w(value) }))}
        onChange={(audience) => setDraft({ ...draft, audience })}
      />
      <Words draft={draft} onChange={setDraft} />
      <Button wide busy={busy} disabled={!ready} onPress={() => void submit()}>
        {w('submit')}
      </Button>
    </Drawer>
  )
}

const fields = [
  { part: 'title', language: 'zh', label: 'titleZh', most: 40 },
  { part: 'text', language: 'zh', label: 'textZh', most: 200 },
  { part: 'title', language: 'en', label: 'titleEn', most: 80 },
  { part: 'text', language: 'en', label: 'textEn', most: 400 },
] as const

const Words = ({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) => {
  const w = useTexts(warningTexts)
  return fields.map(({ part, language, label, most }) => {
    const Field = part === 'title' ? TextField : TextArea
    return (
      <Field
        key={label}
        label={w(label)}
        value={draft[part][language]}
        maxLength={most}
        hint={w('most', { most })}
        onChange={(value) => onChange({ ...draft, [part]: { ...draft[part], [language]: value } })}
      />
    )
  })
}
