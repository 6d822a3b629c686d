import { SecretField, SecureKeyboard, uiTexts, useTexts } from '@anqu/ui'
import type { Secret } from './use-secret.ts'

/** The field of a secret; tapping it opens its keyboard. */
export const SecretInput = (props: {
  label: string
  secret: Secret
  active: boolean
  onOpen: () => void
  hint?: string
}) => {
  const t = useTexts(uiTexts)
  const { secret } = props
  return (
    <SecretField
      label={props.label}
      count={secret.count}
      active={props.active}
      opening={secret.opening}
      error={secret.expired ? t('keyboardExpired') : undefined}
      {...(props.hint === undefined ? {} : { hint: props.hint })}
      onOpen={() => {
        props.onOpen()
        void secret.open()
      }}
    />
  )
}

/** The keyboard of whichever secret is being entered, docked below the page. */
export const SecretDock = ({ secret, onDone }: { secret: Secret | undefined; onDone: () => void }) =>
  secret?.entry && (
    <SecureKeyboard
      key={secret.entry.keyboardId}
      entry={secret.entry}
      count={secret.count}
      onCount={secret.setCount}
      onDone={onDone}
    />
  )
