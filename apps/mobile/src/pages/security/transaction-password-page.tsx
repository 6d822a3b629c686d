import { identitySetTransactionPassword } from '@anqu/contract'
import { Button, Lead, OtpField, PageState, Screen, useTexts } from '@anqu/ui'
import { useState } from 'react'
import type { SealedSecret } from '../../api/channel-api.ts'
import { useApp } from '../../app/app-context.tsx'
import { TwoSecrets } from '../../features/two-secrets.tsx'
import { useOtp } from '../../features/use-otp.ts'
import { useTask } from '../../features/use-task.ts'
import { securityTexts } from './security-texts.ts'

export const TransactionPasswordPage = () => {
  const { api, clock, back } = useApp()
  const t = useTexts(securityTexts)
  const code = useOtp()
  const { busy, problem, run } = useTask()
  const [done, setDone] = useState(false)
  const submit = (password: SealedSecret, repeat: SealedSecret) =>
    run(
      async () => {
        if (!code.sent) return
        const input = { otpId: code.sent.otpId, otp: code.digits, password, repeat }
        await api.call(identitySetTransactionPassword, input)
        setDone(true)
      },
      (found) => {
        if (found.code.startsWith('factor.')) code.reset()
      },
    )
  if (done)
    return (
      <Screen title={t('transactionPassword')}>
        <PageState
          icon="check"
          tone="good"
          title={t('setDone')}
          action={<Button onPress={back}>{t('back')}</Button>}
        >
          {t('setDoneText')}
        </PageState>
      </Screen>
    )
  return (
    <TwoSecrets
      title={t('transactionPassword')}
      purpose="set-transaction-password"
      labels={[t('newPassword'), t('repeat')]}
      submitLabel={t('save')}
      busy={busy}
      problem={problem ?? code.problem}
      ready={code.complete === true}
      onBack={back}
      onSubmit={(password, repeat) => void submit(password, repeat)}
    >
      <Lead title={t('setLead')}>{t('setText')}</Lead>
      <OtpField
        label={t('otp')}
        value={code.digits}
        onChange={code.setDigits}
        sent={code.sent}
        sending={code.sending}
        clock={clock}
        onSend={() => void code.send({ purpose: 'set-transaction-password' })}
      />
    </TwoSecrets>
  )
}
