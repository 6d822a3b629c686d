/** 张*丰, 张*: the family name and the last character stay (C-6.2.3-a-s2, D-5.6.4.1). */
export function maskName(name: string): string {
  const characters = [...name]
  if (characters.length <= 2) return `${characters[0] ?? ''}*`
  return `${characters[0] ?? ''}${'*'.repeat(Math.min(characters.length - 2, 4))}${characters.at(-1) ?? ''}`
}

/** First character and domain: enough to recognise the own address. */
export const maskEmail = (email: string): string =>
  `${email.slice(0, 1)}***${email.slice(email.lastIndexOf('@'))}`

export const maskIdNumber = (idNumber: string): string =>
  `${idNumber.slice(0, 3)}***********${idNumber.slice(-4)}`
