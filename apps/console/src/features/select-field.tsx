import { FieldFrame } from '@anqu/ui'
import { useId } from 'react'

type Option = { readonly value: string; readonly label: string }

export const SelectField = (props: {
  label: string
  value: string
  options: readonly Option[]
  onChange: (value: string) => void
}) => {
  const id = useId()
  return (
    <FieldFrame id={id} label={props.label}>
      <select
        id={id}
        className="co-select"
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
      >
        {props.options.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </FieldFrame>
  )
}
