import { useState, type ReactNode } from 'react'
import { Icon } from '../foundation/icon.tsx'
import { useTexts } from '../foundation/language.tsx'
import { formatFen, formatFenShort } from '../foundation/money.ts'
import { uiTexts } from '../foundation/ui-texts.ts'

/** An amount in 分 as the server sent it (decimal string). */
export const Amount = (props: { fen: string; size?: 'body' | 'large' | 'hero'; short?: boolean }) => {
  const value = BigInt(props.fen)
  return (
    <span className="aq-amount" data-size={props.size ?? 'body'}>
      <small>¥</small>
      {props.short ? formatFenShort(value) : formatFen(value)}
    </span>
  )
}

export const Card = ({ children, flush = false }: { children: ReactNode; flush?: boolean }) => (
  <section className="aq-card" data-flush={flush || undefined}>
    {children}
  </section>
)

export type Fact = { readonly label: string; readonly value: ReactNode }

export const Facts = ({ facts }: { facts: readonly Fact[] }) => (
  <dl className="aq-facts">
    {facts.map((fact) => (
      <div className="aq-fact" key={fact.label}>
        <dt>{fact.label}</dt>
        <dd>{fact.value}</dd>
      </div>
    ))}
  </dl>
)

/** A value one may need to quote: shown whole, copied on a tap. */
export const CopyableNumber = ({ value, label }: { value: string; label: string }) => {
  const t = useTexts(uiTexts)
  const [copied, setCopied] = useState(false)
  const copy = () => {
    void navigator.clipboard?.writeText(value).then(() => setCopied(true))
  }
  return (
    <button type="button" className="aq-copy" onClick={copy} aria-label={`${t('copy')} ${label} ${value}`}>
      <span className="aq-figures">{value}</span>
      {copied ? <span role="status">{t('copied')}</span> : <Icon name="copy" />}
    </button>
  )
}

/**
 * A value the server masked. The page never holds the full one; `reveal` asks for it after another verification and
 * it is forgotten when hidden (A-4.3-6, D-5.2.2.2-c.2-s2). Without `reveal` the mask is final.
 */
export const MaskedValue = (props: {
  masked: string
  label: string
  reveal?: () => Promise<string | undefined>
}) => {
  const t = useTexts(uiTexts)
  const [full, setFull] = useState<string>()
  const { reveal } = props
  const toggle = async () => setFull(full === undefined ? await reveal?.() : undefined)
  return (
    <span className="aq-masked">
      <span className="aq-figures">{full ?? props.masked}</span>
      {reveal && (
        <button
          type="button"
          className="aq-icon-button"
          onClick={() => void toggle()}
          aria-label={`${t(full === undefined ? 'reveal' : 'conceal')} ${props.label}`}
        >
          <Icon name={full === undefined ? 'eye-off' : 'eye'} />
        </button>
      )}
    </span>
  )
}

/** Greeting or explanation at the head of a page. */
export const Lead = ({ title, children }: { title: string; children?: ReactNode }) => (
  <div className="aq-lead">
    <h2>{title}</h2>
    {children !== undefined && <p>{children}</p>}
  </div>
)
