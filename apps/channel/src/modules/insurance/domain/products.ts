import { canonicalBytes } from '@anqu/contract'
import { bytesToHex } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'

export type Bilingual = { readonly zh: string; readonly en: string }
type Section = { readonly heading: Bilingual; readonly text: Bilingual }
export type Product = {
  readonly productId: string
  readonly name: Bilingual
  readonly tagline: Bilingual
  readonly insurer: Bilingual
  readonly collectionAccount: string
  readonly merchantNumber: string
  /** For one unit and the whole period. */
  readonly premiumFen: bigint
  readonly coverFen: bigint
  readonly periodDays: number
  readonly benefits: readonly { title: Bilingual; coverFen: bigint; text: Bilingual }[]
  readonly eligibility: { readonly minAge: number; readonly maxAge: number; readonly maxUnits: number }
  readonly terms: {
    readonly version: string
    readonly title: Bilingual
    readonly sections: readonly Section[]
    readonly important: readonly (Section & { readonly key: string })[]
  }
}

const t = (zh: string, en: string): Bilingual => ({ zh, en })

/** Invented products of an invented insurer. A change of the terms makes a new version; old digests stop fitting. */
const terms: Product['terms'] = {
  version: '2026-03',
  title: t('安渠综合意外伤害保险条款', 'Terms of Anqu personal accident insurance'),
  sections: [
    {
      heading: t('保险责任', 'What is insured'),
      text: t(
        '在保险期间内，被保险人遭受意外伤害，并自事故发生之日起一百八十日内因该事故身故、伤残或者需要治疗的，我们按照本条款给付保险金。',
        'If the insured person suffers an accident during the period of insurance and, within 180 days of it, dies, is disabled or needs treatment because of it, we pay the benefits of these terms.',
      ),
    },
    {
      heading: t('保险期间', 'Period of insurance'),
      text: t(
        '自您选定的起保日零时起，至期满日二十四时止，以电子保单载明的日期为准。',
        'From midnight at the start of the day you choose to midnight at the end of the last day, as shown on the electronic policy.',
      ),
    },
    {
      heading: t('如何申请理赔', 'How to claim'),
      text: t(
        '请在事故发生后尽快通过本应用报案，并提交身份证明、就诊材料和事故说明。我们在材料齐全后五个工作日内作出核定。',
        'Please report the accident in this app as soon as you can and send proof of identity, medical papers and a description. We decide within five working days of having everything.',
      ),
    },
    {
      heading: t('合同解除', 'Ending the contract'),
      text: t(
        '您可以在起保日前全额退保；起保后解除合同的，我们退还未满期净保费。',
        'You may cancel for a full refund before the first day; afterwards we return the unearned net premium.',
      ),
    },
  ],
  important: [
    {
      key: 'exclusions',
      heading: t('责任免除', 'What is not insured'),
      text: t(
        '因故意行为、酒后驾驶、无证驾驶、吸毒、从事高风险运动或者战争造成的伤害，我们不承担给付责任。',
        'We do not pay for injuries caused by intent, drunk or unlicensed driving, drugs, high-risk sports or war.',
      ),
    },
    {
      key: 'deductible',
      heading: t('免赔额与给付比例', 'Deductible and share paid'),
      text: t(
        '意外医疗每次事故免赔额为人民币一百元，超过部分按百分之九十给付。',
        'For medical costs the first 100 yuan of each accident are yours; of the rest we pay 90 per cent.',
      ),
    },
    {
      key: 'disclosure',
      heading: t('如实告知', 'Duty to tell the truth'),
      text: t(
        '您应当如实回答我们的询问。故意隐瞒足以影响承保决定的事实的，我们有权解除合同并不退还保费。',
        'Please answer our questions truthfully. If a fact that matters for our decision is concealed on purpose, we may end the contract and keep the premium.',
      ),
    },
  ],
}

const insurer = t('安渠演示财产保险有限公司', 'Anqu Demonstration Insurance Co., Ltd.')
const collection = { insurer, collectionAccount: '9900000000000018', merchantNumber: 'AQ0000000001' }

export const products: readonly Product[] = [
  {
    ...collection,
    productId: 'accident-year',
    name: t('安行·综合意外险', 'Safe Going accident cover'),
    tagline: t('一年保障，意外身故、伤残与医疗', 'One year: death, disability and medical costs'),
    premiumFen: 16_800n,
    coverFen: 50_000_000n,
    periodDays: 365,
    benefits: [
      {
        title: t('意外身故与伤残', 'Death and disability'),
        coverFen: 50_000_000n,
        text: t('按伤残等级比例给付', 'Paid by degree of disability'),
      },
      {
        title: t('意外医疗', 'Medical costs'),
        coverFen: 5_000_000n,
        text: t('免赔额一百元，给付九成', '90% above a deductible of 100 yuan'),
      },
      {
        title: t('住院津贴', 'Hospital allowance'),
        coverFen: 15_000n,
        text: t('每日给付，最多九十日', 'For each day, up to 90 days'),
      },
    ],
    eligibility: { minAge: 18, maxAge: 65, maxUnits: 3 },
    terms,
  },
  {
    ...collection,
    productId: 'accident-travel',
    name: t('安途·短期出行意外险', 'Safe Road travel accident cover'),
    tagline: t('七天出行，随买随保', 'Seven days on the road'),
    premiumFen: 1_200n,
    coverFen: 20_000_000n,
    periodDays: 7,
    benefits: [
      {
        title: t('交通意外身故与伤残', 'Transport accidents'),
        coverFen: 20_000_000n,
        text: t('公共交通与自驾', 'Public transport and own car'),
      },
      {
        title: t('意外医疗', 'Medical costs'),
        coverFen: 2_000_000n,
        text: t('免赔额一百元，给付九成', '90% above a deductible of 100 yuan'),
      },
    ],
    eligibility: { minAge: 18, maxAge: 70, maxUnits: 5 },
    terms,
  },
]

export const findProduct = (productId: string): Product | undefined =>
  products.find((product) => product.productId === productId)

/** SM3 over the canonical terms in both languages, hex. */
export const termsDigest = (product: Product): string => bytesToHex(sm3(canonicalBytes(product.terms)))
