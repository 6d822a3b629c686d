import type { consentNotice, OutputOf } from '@anqu/contract'
import { Card, CheckField, Pill, SectionTitle, Stack, useTexts } from '@anqu/ui'
import { privacyTexts } from './privacy-texts.ts'

type NoticeView = OutputOf<typeof consentNotice>

export const Purposes = (props: {
  notice: NoticeView
  chosen: ReadonlySet<string>
  onChoose: (chosen: ReadonlySet<string>) => void
  locked: boolean
}) => {
  const t = useTexts(privacyTexts)
  const toggle = (key: string, on: boolean) => {
    const next = new Set(props.chosen)
    if (on) next.add(key)
    else next.delete(key)
    props.onChoose(next)
  }
  return (
    <Stack>
      <SectionTitle>{t('purposes')}</SectionTitle>
      {props.notice.purposes.map((purpose) => (
        <Card key={purpose.key}>
          <div className="app-purpose">
            <strong>{purpose.title}</strong>
            <Pill tone={purpose.required ? 'info' : 'plain'}>
              {t(purpose.required ? 'required' : 'optional')}
            </Pill>
          </div>
          <p className="app-purpose-why">{purpose.why}</p>
          <ul className="app-chips">
            {purpose.data.map((item) => (
              <li key={item}>{item}</li>
            ))}
          </ul>
          {!purpose.required && !props.locked && (
            <CheckField checked={props.chosen.has(purpose.key)} onChange={(on) => toggle(purpose.key, on)}>
              {purpose.title}
            </CheckField>
          )}
        </Card>
      ))}
      <p className="aq-field-hint">{t('optionalHint')}</p>
    </Stack>
  )
}

export const CollectedList = ({ notice }: { notice: NoticeView }) => {
  const t = useTexts(privacyTexts)
  return (
    <table className="app-table">
      <thead>
        <tr>
          <th scope="col">{t('item')}</th>
          <th scope="col">{t('use')}</th>
        </tr>
      </thead>
      <tbody>
        {notice.collected.map((row) => (
          <tr key={`${row.item}-${row.purpose}`}>
            <th scope="row">{row.item}</th>
            <td>{row.purpose}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export const SharedList = ({ notice }: { notice: NoticeView }) => {
  const t = useTexts(privacyTexts)
  if (notice.shared.length === 0) return <p>{t('nothingShared')}</p>
  return (
    <table className="app-table">
      <thead>
        <tr>
          <th scope="col">{t('party')}</th>
          <th scope="col">{t('item')}</th>
          <th scope="col">{t('use')}</th>
        </tr>
      </thead>
      <tbody>
        {notice.shared.map((row) => (
          <tr key={`${row.party}-${row.item}`}>
            <th scope="row">{row.party}</th>
            <td>{row.item}</td>
            <td>{row.purpose}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export const FullText = ({ notice }: { notice: NoticeView }) => (
  <article className="app-prose">
    {notice.sections.map((section) => (
      <section key={section.heading}>
        <h3>{section.heading}</h3>
        <p>{section.text}</p>
      </section>
    ))}
  </article>
)
