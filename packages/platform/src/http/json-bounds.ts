/** Containers inside containers that a JSON text may have at most. */
export const maximumJsonDepth = 32
/** Members and elements that a JSON text may have in all. */
export const maximumJsonItems = 20_000

/**
 * Looks at a JSON text before it is parsed, so that neither a tower of brackets nor a flood of members reaches the parser.
 * One pass without recursion; text that is no JSON is left for the parser to refuse.
 */
export function isWithinJsonBounds(text: string): boolean {
  let depth = 0
  let items = 0
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at)
    if (char === 0x22) at = endOfString(text, at)
    else if (char === 0x5b || char === 0x7b) {
      if (++depth > maximumJsonDepth) return false
    } else if (char === 0x5d || char === 0x7d) depth -= 1
    else if (char === 0x2c && ++items > maximumJsonItems) return false
  }
  return true
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charCodeAt(at)
    if (char === 0x5c) at += 1
    else if (char === 0x22) return at
  }
  return text.length
}
