import { operationsConfirm, operationsSecondPassword } from '@anqu/contract'
import { base64ToBytes } from '@anqu/encoding'
import { useState } from 'react'
import type { SealedSecret } from '../../api/channel-api.ts'
import { ProblemError, type Problem } from '../../api/problem.ts'
import { useApp } from '../../app/app-context.tsx'
import { orderSaysWhatIsShown } from '../../features/check-order.ts'
import { useOtp } from '../../features/use-otp.ts'
import { useTask } from '../../features/use-task.ts'
import type { Prepared } from './pay-page.tsx'
import { nextAfter } from './next-after.ts'
import { payTexts } from './pay-texts.ts'

export type PayStep = 'check' | 'password' | 'code' | 'picture' | 'sign' | 'stopped'
export type PictureAnswer = { readonly pictureId: string; readonly pictureAnswer: string }

const mismatch: Problem = {
  code: 'order.mismatch',
  text: { zh: payTexts.zh.mismatch, en: payTexts.en.mismatch },
}

/** One payment from the shown order to the signed one. Nothing is confirmed that the page did not show. */
export function usePayment(prepared: Prepared) {
  const { api, replace } = useApp()
  const { operationId } = prepared.operation
  const [step, setStep] = useState<PayStep>('check')
  const [answered, setAnswered] = useState<PictureAnswer>()
  const code = useOtp()
  const { busy, problem, run, setProblem } = useTask()

  const advance = (next: PayStep) => {
    setProblem(undefined)
    setStep(next)
  }
  const givePassword = (secret: SealedSecret) =>
    run(async () => {
      await api.call(operationsSecondPassword, { operationId, riskAcknowledged: true, secret })
      setStep('code')
    })
  const answerPicture = (answer: PictureAnswer) => {
    setAnswered(answer)
    advance('sign')
  }
  const refused = (found: Problem) => {
    const next = nextAfter(found.code)
    if (next === 'result') return replace({ page: 'operation', operationId })
    if (next === 'code') code.reset()
    // A picture is burnt by its first answer, whatever came of the rest.
    if (next !== 'sign') setAnswered(undefined)
    return setStep(next)
  }
  const sign = (pin: Uint8Array) =>
    run(async () => {
      const { sent, digits } = code
      if (!sent || !answered) return
      const bytes = base64ToBytes(prepared.order)
      if (!orderSaysWhatIsShown(bytes, prepared.operation)) {
        pin.fill(0)
        throw new ProblemError(mismatch)
      }
      const signed = await api.card.sign(pin, bytes)
      const proof = { otpId: sent.otpId, otp: digits, ...answered, order: prepared.order }
      await api.call(operationsConfirm, { operationId, ...proof, ...signed })
      replace({ page: 'operation', operationId })
    }, refused)
  const afterCode = () => advance(answered ? 'sign' : 'picture')

  return { step, advance, busy, problem, code, givePassword, afterCode, answerPicture, sign }
}
