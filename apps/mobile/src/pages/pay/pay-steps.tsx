import { operationsPicture } from '@anqu/contract'
import {
  Amount,
  Button,
  Card,
  CheckField,
  ConfirmSheet,
  Facts,
  Lead,
  Notice,
  OtpField,
  PinPad,
  Screen,
  useBilingual,
  useTexts,
  type PictureSource,
} from '@anqu/ui'
import { useState, type ReactNode } from 'react'
import type { SealedSecret } from '../../api/channel-api.ts'
import type { Problem } from '../../api/problem.ts'
import { useApp } from '../../app/app-context.tsx'
import { ProblemNotice } from '../../features/problem-view.tsx'
import { shuffledDigits } from '../../features/random.ts'
import { SecretDock, SecretInput } from '../../features/secret-input.tsx'
import { pictureFrom } from '../../features/use-captcha.ts'
import type { useOtp } from '../../features/use-otp.ts'
import { useSecret } from '../../features/use-secret.ts'
import { useTask } from '../../features/use-task.ts'
import type { Prepared } from './pay-page.tsx'
import { payTexts } from './pay-texts.ts'

type Frame = { prepared: Prepared; problem: Problem | undefined; head: ReactNode; onBack: () => void }

const Paying = ({ prepared }: { prepared: Prepared }) => {
  const t = useTexts(payTexts)
  return (
    <div className="app-paying">
      <p>{t('payTo', { payee: prepared.operation.payee })}</p>
      <Amount fen={prepared.operation.amountFen} size="hero" />
    </div>
  )
}

export const CheckStep = ({ prepared, problem, head, onBack, onNext }: Frame & { onNext: () => void }) => {
  const t = useTexts(payTexts)
  const text = useBilingual()
  const [acknowledged, setAcknowledged] = useState(false)
  return (
    <Screen
      title={t('title')}
      onBack={onBack}
      foot={
        <Button wide disabled={!acknowledged} onPress={onNext}>
          {t('next')}
        </Button>
      }
    >
      {head}
      <Paying prepared={prepared} />
      {problem && <ProblemNotice problem={problem} />}
      <Card>
        <Facts facts={prepared.lines.map((line) => ({ label: text(line), value: line.value }))} />
      </Card>
      <Notice tone="warn" title={t('riskTitle')}>
        {text(prepared.riskNotice)}
      </Notice>
      <CheckField checked={acknowledged} onChange={setAcknowledged}>
        {t('riskAck')}
      </CheckField>
    </Screen>
  )
}

export const PasswordStep = (props: Frame & { busy: boolean; onSecret: (secret: SealedSecret) => void }) => {
  const t = useTexts(payTexts)
  const secret = useSecret('operation')
  const [typing, setTyping] = useState(false)
  const submit = () => {
    setTyping(false)
    const sealed = secret.take()
    if (sealed) props.onSecret(sealed)
  }
  const trouble = props.problem ?? secret.problem
  return (
    <Screen
      title={t('title')}
      onBack={props.onBack}
      dock={<SecretDock secret={typing ? secret : undefined} onDone={() => setTyping(false)} />}
    >
      {props.head}
      <Lead title={t('passwordLead')}>{t('passwordText')}</Lead>
      {trouble && <ProblemNotice problem={trouble} />}
      <SecretInput label={t('password')} secret={secret} active={typing} onOpen={() => setTyping(true)} />
      <Button wide busy={props.busy} disabled={secret.count === 0} onPress={submit}>
        {t('next')}
      </Button>
    </Screen>
  )
}

export const CodeStep = (props: Frame & { code: ReturnType<typeof useOtp>; onNext: () => void }) => {
  const { clock } = useApp()
  const t = useTexts(payTexts)
  const { code } = props
  const { operationId } = props.prepared.operation
  const trouble = props.problem ?? code.problem
  return (
    <Screen title={t('title')} onBack={props.onBack}>
      {props.head}
      <Lead title={t('codeLead')}>{t('codeText')}</Lead>
      {trouble && <ProblemNotice problem={trouble} />}
      <OtpField
        label={t('otp')}
        value={code.digits}
        onChange={code.setDigits}
        sent={code.sent}
        sending={code.sending}
        clock={clock}
        onSend={() => void code.send({ purpose: 'operation', operationId })}
      />
      <Button wide disabled={!code.complete} onPress={props.onNext}>
        {t('next')}
      </Button>
    </Screen>
  )
}

type PictureStepProps = Frame & {
  onAnswer: (answer: { pictureId: string; pictureAnswer: string }) => void
  onReject: () => void
}

export const PictureStep = ({ prepared, problem, head, onBack, onAnswer, onReject }: PictureStepProps) => {
  const { api } = useApp()
  const t = useTexts(payTexts)
  const task = useTask()
  const [picture, setPicture] = useState<PictureSource>()
  const { operationId } = prepared.operation
  const load = () =>
    void task.run(async () => setPicture(pictureFrom(await api.call(operationsPicture, { operationId }))))
  const trouble = problem ?? task.problem
  return (
    <Screen title={t('title')} onBack={onBack}>
      {head}
      <Lead title={t('pictureLead')}>{t('pictureText')}</Lead>
      {trouble && <ProblemNotice problem={trouble} />}
      <Paying prepared={prepared} />
      <Button wide busy={task.busy} onPress={load}>
        {t('openPicture')}
      </Button>
      {picture && (
        <ConfirmSheet
          picture={picture}
          onConfirm={(pictureAnswer) => onAnswer({ pictureId: picture.pictureId, pictureAnswer })}
          onReject={onReject}
          onRefresh={load}
        />
      )}
    </Screen>
  )
}

export const SignStep = (props: Frame & { busy: boolean; onPin: (pin: Uint8Array) => void }) => {
  const t = useTexts(payTexts)
  const [digits, setDigits] = useState(shuffledDigits)
  return (
    <Screen title={t('title')} onBack={props.onBack}>
      {props.head}
      <Lead title={t('signLead')}>{props.busy ? t('signing') : t('signText')}</Lead>
      {props.problem && <ProblemNotice problem={props.problem} />}
      <Paying prepared={props.prepared} />
      <PinPad
        label={t('pin')}
        order={digits}
        disabled={props.busy}
        onComplete={(pin) => {
          setDigits(shuffledDigits())
          props.onPin(pin)
        }}
      />
    </Screen>
  )
}
