/**
 * The mark of Anqu: the two banks of a canal drawn as a capital A, and between them the mitre gate of a lock.
 * 渠 is a canal, 安 is safe: water passes only when the gate opens.
 */
export const Mark = ({ sizePx = 32 }: { sizePx?: number }) => (
  <svg className="aq-mark" width={sizePx} height={sizePx} viewBox="0 0 48 48" fill="none" aria-hidden="true">
    <path d="M6 42 20.8 6h6.4L42 42h-6.8L24 13.6 12.8 42H6Z" fill="currentColor" />
    <path d="M24 24.6 31.4 42h-5.6L24 37.4 22.2 42h-5.6L24 24.6Z" fill="currentColor" opacity="0.62" />
  </svg>
)

export const Brand = ({ sizePx = 32 }: { sizePx?: number }) => (
  <span className="aq-brand" role="img" aria-label="安渠 Anqu">
    <Mark sizePx={sizePx} />
    <span className="aq-brand-name" aria-hidden="true">
      <span className="aq-brand-zh">安渠</span>
      <span className="aq-brand-en">Anqu</span>
    </span>
  </span>
)
