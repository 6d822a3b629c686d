declare module 'sm-crypto' {
  interface Sm2Options {
    hash?: boolean
    der?: boolean
    publicKey?: string
  }
  const peer: {
    sm2: {
      generateKeyPairHex(): { privateKey: string; publicKey: string }
      doSignature(message: string | number[], privateKey: string, options?: Sm2Options): string
      doVerifySignature(
        message: string | number[],
        signature: string,
        publicKey: string,
        options?: Sm2Options,
      ): boolean
      doEncrypt(message: string | number[], publicKey: string, mode?: number): string
      doDecrypt(
        ciphertext: string,
        privateKey: string,
        mode?: number,
        options?: { output: 'array' },
      ): number[] | string
    }
    sm3(message: string | ArrayLike<number>): string
    sm4: { encrypt(message: ArrayLike<number>, key: string, options?: object): string }
  }
  export default peer
}
