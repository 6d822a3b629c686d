/** Worked examples of GB/T 32907—2016 (SM4), annex A: one encryption, and one million encryptions in a row. */
export const sm4Example = {
  key: '0123456789abcdeffedcba9876543210',
  plaintext: '0123456789abcdeffedcba9876543210',
  once: '681edf34d206965e86b3e94f536e4246',
  millionTimes: '595298c7c6fd271f0402f804c33d3f66',
} as const
