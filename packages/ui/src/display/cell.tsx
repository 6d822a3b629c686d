import type { ReactNode } from 'react'
import { Icon, type IconName } from '../foundation/icon.tsx'

type CellProps = {
  title: ReactNode
  note?: ReactNode
  end?: ReactNode
  icon?: IconName
  onPress?: () => void
}

/** One row of a grouped list; with `onPress` it is a button and shows where it leads. */
export const Cell = ({ title, note, end, icon, onPress }: CellProps) => {
  const inside = (
    <>
      {icon && <Icon name={icon} />}
      <span className="aq-cell-main">
        <span className="aq-cell-title">{title}</span>
        {note !== undefined && <span className="aq-cell-note">{note}</span>}
      </span>
      <span className="aq-cell-end">
        {end}
        {onPress && <Icon name="chevron-right" />}
      </span>
    </>
  )
  return onPress ? (
    <button type="button" className="aq-cell" data-pressable="" onClick={onPress}>
      {inside}
    </button>
  ) : (
    <div className="aq-cell">{inside}</div>
  )
}
