/** Views of one page side by side; each is a place of its own in the address. */
export const Tabs = <Name extends string>(props: {
  label: string
  tabs: readonly { readonly name: Name; readonly text: string }[]
  current: Name
  onChoose: (name: Name) => void
}) => (
  <nav className="co-tabs" aria-label={props.label}>
    {props.tabs.map(({ name, text }) => (
      <button
        key={name}
        type="button"
        className="co-tab"
        aria-current={name === props.current ? 'page' : undefined}
        onClick={() => props.onChoose(name)}
      >
        {text}
      </button>
    ))}
  </nav>
)
