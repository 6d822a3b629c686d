/** Input that does not have the form its standard gives it. `offset` counts bytes (characters for text forms). */
export class ParseError extends Error {
  readonly path: string
  readonly offset: number
  readonly expected: string

  constructor(path: string, offset: number, expected: string) {
    super(`${path}: expected ${expected} at ${offset}`)
    this.name = 'ParseError'
    this.path = path
    this.offset = offset
    this.expected = expected
  }
}
