import { encryptionCertificate, type EncryptedInput, type InputOf, type Route } from '@anqu/contract'
import { base64ToBytes, bytesToBase64, utf8ToBytes } from '@anqu/encoding'
import { sm2Encrypt } from '@anqu/gm-crypto'
import { goodServerCertificate } from '@anqu/message'
import type { SealedTransport, TransportOptions } from './sealed-transport.ts'

/**
 * B-5.4.1-9 and B-6.2.6-1, the sender's side: the server's encryption certificate is fetched before each transmission and
 * validated up to the pinned root, its state by the CA's answer that comes with it (B-7.3.3.2-3), and the input encrypted to
 * its key. A renewed certificate is in use from the next call on, a revoked one in none.
 * @throws MessageError `message.untrusted-server` before anything is encrypted.
 */
export async function encryptInput(
  {
    transport,
    ...trust
  }: Pick<TransportOptions, 'anchors' | 'serverName' | 'clock'> & {
    transport: SealedTransport
  },
  input: InputOf<Route>,
  correlationId: string,
): Promise<EncryptedInput> {
  const { path, output } = encryptionCertificate
  const { chain, status } = output.parse(await transport.send(path, { correlationId }))
  const certificate = goodServerCertificate(trust, {
    chain: chain.map((text) => base64ToBytes(text)),
    status: base64ToBytes(status),
    atMs: trust.clock.nowMs(),
    keyUsage: 'dataEncipherment',
  })
  const ciphertext = sm2Encrypt(certificate.publicKey, utf8ToBytes(JSON.stringify(input)))
  return { correlationId, certificateSerial: certificate.serialHex, ciphertext: bytesToBase64(ciphertext) }
}
