import { personName, type InputOf, type insurancePropose } from '@anqu/contract'
import { Choices, TextField, useTexts } from '@anqu/ui'
import { insuranceTexts } from './insurance-texts.ts'

type Beneficiary = InputOf<typeof insurancePropose>['beneficiary']
type Relation = Extract<Beneficiary, { kind: 'named' }>['relation']
export type BeneficiaryDraft = {
  readonly kind: Beneficiary['kind']
  readonly name: string
  readonly relation: Relation
}

export const noBeneficiary: BeneficiaryDraft = { kind: 'statutory', name: '', relation: 'spouse' }

/** The beneficiary as the route takes it; undefined while the name is not one. */
export function readBeneficiary(draft: BeneficiaryDraft): Beneficiary | undefined {
  if (draft.kind === 'statutory') return { kind: draft.kind }
  const name = personName.safeParse(draft.name.trim())
  return name.success ? { kind: draft.kind, name: name.data, relation: draft.relation } : undefined
}

export const BeneficiaryFields = (props: {
  draft: BeneficiaryDraft
  onDraft: (draft: BeneficiaryDraft) => void
  tried: boolean
}) => {
  const t = useTexts(insuranceTexts)
  const { draft, onDraft } = props
  return (
    <>
      <div className="aq-field">
        <span className="aq-field-label">{t('beneficiary')}</span>
        <Choices
          label={t('beneficiary')}
          value={draft.kind}
          onChange={(kind) => onDraft({ ...draft, kind })}
          options={(['statutory', 'named'] as const).map((value) => ({ value, label: t(value) }))}
        />
      </div>
      {draft.kind === 'named' && (
        <>
          <TextField
            label={t('beneficiaryName')}
            value={draft.name}
            error={props.tried && !readBeneficiary(draft) ? t('nameWrong') : undefined}
            onChange={(name) => onDraft({ ...draft, name })}
          />
          <div className="aq-field">
            <span className="aq-field-label">{t('relation')}</span>
            <Choices
              label={t('relation')}
              value={draft.relation}
              onChange={(relation) => onDraft({ ...draft, relation })}
              options={(['spouse', 'child', 'parent'] as const).map((value) => ({ value, label: t(value) }))}
            />
          </div>
        </>
      )}
    </>
  )
}
