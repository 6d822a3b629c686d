import { useState } from 'react'
import { Button } from '../forms/button.tsx'
import { TextField } from '../forms/fields.tsx'
import { useTexts } from '../foundation/language.tsx'
import { uiTexts } from '../foundation/ui-texts.ts'
import { Sheet } from '../layout/layout.tsx'
import { Picture, type PictureSource } from './picture.tsx'

type ConfirmSheetProps = {
  picture: PictureSource
  onConfirm: (answer: string) => void
  /** "This is not what I intended": the operation stops here. */
  onReject: () => void
  onRefresh: () => void
  busy?: boolean
  error?: string | undefined
}

/**
 * Payee and amount as a picture the server drew, so that a page taken over by somebody else cannot show one order and
 * have another one signed (B-7.5.9.3-1). The answer proves that a person looked at it.
 */
export const ConfirmSheet = ({
  picture,
  onConfirm,
  onReject,
  onRefresh,
  busy = false,
  error,
}: ConfirmSheetProps) => {
  const t = useTexts(uiTexts)
  const [answer, setAnswer] = useState('')
  return (
    <Sheet title={t('confirmTitle')} onClose={onReject}>
      <p className="aq-field-hint">{t('confirmHint')}</p>
      <div className="aq-picture">
        <Picture source={picture} label={t('confirmTitle')} />
      </div>
      <TextField
        label={t('confirmAnswer')}
        value={answer}
        onChange={setAnswer}
        maxLength={12}
        error={error}
      />
      <Button wide busy={busy} disabled={answer.trim() === ''} onPress={() => onConfirm(answer.trim())}>
        {t('confirmSubmit')}
      </Button>
      <Button
        wide
        look="secondary"
        onPress={() => {
          setAnswer('')
          onRefresh()
        }}
      >
        {t('pictureRefresh')}
      </Button>
      <Button wide look="quiet" onPress={onReject}>
        {t('confirmWrong')}
      </Button>
    </Sheet>
  )
}
