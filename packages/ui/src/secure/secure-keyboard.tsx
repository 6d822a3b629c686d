import { useRef } from 'react'
import { Icon } from '../foundation/icon.tsx'
import { useTexts } from '../foundation/language.tsx'
import { uiTexts } from '../foundation/ui-texts.ts'
import { Picture } from './picture.tsx'
import { enter, type EntryEvent, type SecretEntryPort } from './secret-entry.ts'

type SecureKeyboardProps = {
  entry: SecretEntryPort
  count: number
  onCount: (count: number) => void
  onDone: () => void
  minTaps?: number
}

/**
 * One picture with shuffled keys, and a grid of unnamed cells over it. No key lights up when pressed: an echo would tell
 * an onlooker or a recording which one it was (C-6.2.1.1-L3b).
 */
export const SecureKeyboard = ({ entry, count, onCount, onDone, minTaps = 1 }: SecureKeyboardProps) => {
  const t = useTexts(uiTexts)
  // Two taps may land before React renders, so the running count lives beside the rendered one. A new entry brings a new
  // `key`, and with it a new count.
  const running = useRef(count)
  const apply = (event: EntryEvent) => {
    running.current = enter({ count: running.current }, event, entry).count
    onCount(running.current)
  }
  return (
    <section
      className="aq-keyboard aq-keyboard-dock"
      data-keyboard-id={entry.keyboardId}
      aria-label={t('keyboardTitle')}
    >
      <p className="aq-visually-hidden">{t('keyboardFallback')}</p>
      <div className="aq-keyboard-head">
        <span>
          <Icon name="lock" />
          {t('keyboardTitle')}
        </span>
        <span>{t('keyboardWhy')}</span>
      </div>
      <div className="aq-keyboard-face">
        <Picture source={entry.picture} label={t('keyboardTitle')} />
        <Cells rows={entry.rows} columns={entry.columns} onEvent={apply} />
      </div>
      <div className="aq-keyboard-keys">
        <button
          type="button"
          className="aq-key"
          onClick={() => apply({ kind: 'clear' })}
          disabled={count === 0}
        >
          {t('clear')}
        </button>
        <button
          type="button"
          className="aq-key"
          onClick={() => apply({ kind: 'erase' })}
          disabled={count === 0}
          aria-label={t('erase')}
        >
          <Icon name="backspace" />
        </button>
        <button type="button" className="aq-key" data-look="done" onClick={onDone} disabled={count < minTaps}>
          {t('done')}
        </button>
      </div>
    </section>
  )
}

const Cells = (props: { rows: number; columns: number; onEvent: (event: EntryEvent) => void }) => {
  const t = useTexts(uiTexts)
  return (
    <div
      className="aq-keyboard-cells"
      style={{
        gridTemplateColumns: `repeat(${props.columns}, 1fr)`,
        gridTemplateRows: `repeat(${props.rows}, 1fr)`,
      }}
    >
      {Array.from({ length: props.rows * props.columns }, (_, cell) => (
        <button
          key={cell}
          type="button"
          data-cell={cell}
          aria-label={t('keyboardCell', {
            row: Math.floor(cell / props.columns) + 1,
            column: (cell % props.columns) + 1,
          })}
          onClick={(event) => props.onEvent({ kind: 'tap', cell, trusted: event.nativeEvent.isTrusted })}
        />
      ))}
    </div>
  )
}
