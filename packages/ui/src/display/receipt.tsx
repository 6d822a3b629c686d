import type { ReactNode } from 'react'
import { Amount, Facts, type Fact } from './display.tsx'

/** What a customer keeps: amount on top, facts below, a tear line between them. */
export const Receipt = (props: {
  title: string
  amountFen: string
  status: ReactNode
  facts: readonly Fact[]
}) => (
  <section className="aq-receipt" aria-label={props.title}>
    <div className="aq-receipt-head aq-stack" data-gap="tight">
      <p>{props.title}</p>
      <div>
        <Amount fen={props.amountFen} size="hero" />
      </div>
      <div>{props.status}</div>
    </div>
    <div className="aq-receipt-body">
      <Facts facts={props.facts} />
    </div>
  </section>
)
