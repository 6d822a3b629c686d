import { useEffect, useState } from 'react'

/**
 * True once the app was hidden while this component was shown. While it is hidden the title says that something is
 * unfinished, for that is all a page can show then (A-12.1-27).
 */
export function useLeftDuring(title: string): boolean {
  const [left, setLeft] = useState(false)
  useEffect(() => {
    const before = document.title
    const changed = () => {
      document.title = document.hidden ? title : before
      if (document.hidden) setLeft(true)
    }
    document.addEventListener('visibilitychange', changed)
    return () => {
      document.removeEventListener('visibilitychange', changed)
      document.title = before
    }
  }, [title])
  return left
}
