import {
  identityProfile,
  insuranceProduct,
  insurancePropose,
  insuranceTerms,
  type OutputOf,
} from '@anqu/contract'
import {
  Amount,
  Button,
  Card,
  Choices,
  Facts,
  Notice,
  Screen,
  TextField,
  useLanguage,
  useTexts,
} from '@anqu/ui'
import { useState } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { calendarDate } from '../../features/calendar.ts'
import { LoadedView, ProblemNotice } from '../../features/problem-view.tsx'
import { newIdempotencyKey } from '../../features/random.ts'
import { useLoad } from '../../features/use-load.ts'
import { useTask } from '../../features/use-task.ts'
import { BeneficiaryFields, noBeneficiary, readBeneficiary } from './beneficiary-fields.tsx'
import { insuranceTexts } from './insurance-texts.ts'

type Offer = {
  readonly product: OutputOf<typeof insuranceProduct>
  readonly terms: OutputOf<typeof insuranceTerms>
  readonly nameMasked: string
}

export const ProposePage = ({ productId }: { productId: string }) => {
  const { api, back } = useApp()
  const language = useLanguage()
  const t = useTexts(insuranceTexts)
  const { loaded, reload } = useLoad(`offer-${productId}-${language}`, async (): Promise<Offer> => {
    const product = await api.call(insuranceProduct, { productId, language })
    const terms = await api.call(insuranceTerms, { productId, language })
    const { nameMasked } = await api.call(identityProfile, {})
    return { product, terms, nameMasked }
  })
  if (loaded.state === 'ready') return <ProposalForm offer={loaded.value} />
  return (
    <Screen title={t('propose')} onBack={back}>
      <LoadedView loaded={loaded} onRetry={reload}>
        {() => null}
      </LoadedView>
    </Screen>
  )
}

/** What the customer fills in, and sending it off once. */
function useProposal({ product, terms }: Offer) {
  const { api, clock, replace } = useApp()
  const task = useTask()
  // One key for this form: pressing twice, or again after a lost answer, proposes once.
  const [key] = useState(newIdempotencyKey)
  const [units, setUnits] = useState('1')
  const [startDate, setStartDate] = useState(() => calendarDate(clock.nowMs(), 1))
  const [draft, setDraft] = useState(noBeneficiary)
  const [tried, setTried] = useState(false)
  const submit = () => {
    setTried(true)
    const beneficiary = readBeneficiary(draft)
    if (!beneficiary) return
    void task.run(async () => {
      const { proposalId } = await api.call(insurancePropose, {
        idempotencyKey: key,
        productId: product.productId,
        termsVersion: terms.termsVersion,
        termsDigest: terms.termsDigest,
        confirmedImportant: terms.important.map((clause) => clause.key),
        units: Number(units),
        startDate,
        beneficiary,
      })
      replace({ page: 'pay', proposalId })
    })
  }
  return { ...task, units, setUnits, startDate, setStartDate, draft, setDraft, tried, submit }
}

const ProposalForm = ({ offer }: { offer: Offer }) => {
  const { clock, back } = useApp()
  const t = useTexts(insuranceTexts)
  const { product } = offer
  const form = useProposal(offer)
  const premium = String(BigInt(product.premiumFen) * BigInt(form.units))
  const unitChoices = Array.from({ length: Math.min(product.eligibility.maxUnits, 5) }, (_, index) =>
    String(index + 1),
  )
  return (
    <Screen
      title={t('propose')}
      onBack={back}
      foot={
        <div className="app-buy">
          <Amount fen={premium} size="large" />
          <Button busy={form.busy} onPress={form.submit}>
            {t('submit')}
          </Button>
        </div>
      }
    >
      <Notice tone="info">{t('separate', { insurer: product.insurer })}</Notice>
      <Card>
        <Facts
          facts={[
            { label: t('summary'), value: product.name },
            { label: t('insured'), value: t('self', { name: offer.nameMasked }) },
          ]}
        />
      </Card>
      {form.problem && <ProblemNotice problem={form.problem} />}
      <div className="aq-field">
        <span className="aq-field-label">{t('unitsLabel')}</span>
        <Choices
          label={t('unitsLabel')}
          value={form.units}
          onChange={form.setUnits}
          options={unitChoices.map((value) => ({ value, label: value }))}
        />
      </div>
      <TextField
        label={t('startDate')}
        type="date"
        value={form.startDate}
        min={calendarDate(clock.nowMs(), 1)}
        max={calendarDate(clock.nowMs(), 30)}
        hint={t('startHint')}
        onChange={form.setStartDate}
      />
      <BeneficiaryFields draft={form.draft} onDraft={form.setDraft} tried={form.tried} />
    </Screen>
  )
}
