import { z } from 'zod'
import { route } from '../route.ts'
import { base64, id } from '../values.ts'

export const encryptionCertificate = route({
  name: 'encryption.certificate',
  path: '/api/v1/encryption/certificate',
  audience: 'customer',
  session: 'fund',
  zh: '取得服务器加密证书',
  en: 'The certificate to encrypt transaction data to',
  input: z.strictObject({
    /** Names the exchange in the record, from here to the decryption. */
    correlationId: id,
  }),
  output: z.strictObject({
    /** Leaf first, without the root. */
    chain: z.array(base64(8192)).min(1).max(4),
    /** What the CA's OCSP responder answers about the leaf. A client encrypts to a certificate that is good, and to no other. */
    status: base64(8192),
  }),
  clauses: ['B-5.4.1-9', 'B-6.2.6-1', 'B-7.3.3.2-3', 'B-7.3.3.2-4'],
})

/** What is sent in the place of the input of a route that declares `encryptedUnder`. */
export const encryptedInput = z.strictObject({
  correlationId: id,
  /** Of the certificate it was encrypted to. */
  certificateSerial: z.string().regex(/^[0-9a-f]{8,40}$/),
  /** SM2 ciphertext 04‖C1‖C3‖C2 of the input as JSON. */
  ciphertext: base64(16_384),
})
export type EncryptedInput = z.infer<typeof encryptedInput>
