/** Worked examples of GB/T 32905—2016 (SM3), annex A: message in hexadecimal, hash. */
export const sm3Examples = [
  { message: '616263', hash: '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0' },
  {
    message: '61626364'.repeat(16),
    hash: 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732',
  },
] as const
