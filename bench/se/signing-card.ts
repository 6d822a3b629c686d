import { concatBytes, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { buildCertificate, privateKeySigner } from '@anqu/pki'
import { encodeCommand, SecureElement, SECURITY_SERVICE_AID, type CardConnection } from '@anqu/secure-element'

const container = 'payments'
export const pin = '2468135'
export const message = utf8ToBytes('0123456789abcdef0123456789abcdef')

/** The commands of a signature. */
export const Apdu = {
  select: () => encodeCommand({ cla: 0, ins: 0xa4, p1: 4, p2: 0, data: SECURITY_SERVICE_AID, ne: 256 }),
  status: () => encodeCommand({ cla: 0x80, ins: 0xca, p1: 0, p2: 0, data: new Uint8Array(0), ne: 256 }),
  verify: () => encodeCommand({ cla: 0, ins: 0x20, p1: 0, p2: 0x80, data: utf8ToBytes(pin), ne: 0 }),
  sign: () => {
    const name = utf8ToBytes(container)
    const data = concatBytes(Uint8Array.of(name.length), name, message)
    return encodeCommand({ cla: 0, ins: 0x2a, p1: 0x9e, p2: 0x9a, data, ne: 256 })
  },
}

/** A card with a PIN, and a container whose pair has a certificate. */
export async function personalise(element: SecureElement): Promise<void> {
  await element.setPin(pin)
  const publicKey = await element.generateKeyPair(container, pin)
  const subject = [{ type: 'CN', value: 'bench' }] as const
  await element.createCsr(container, subject, pin)
  const certificate = await buildCertificate({
    serial: hexToBytes('1122334455667788'),
    subject,
    publicKey,
    notBeforeMs: 1_500_000_000_000,
    notAfterMs: 2_400_000_000_000,
    extensions: { keyUsage: ['digitalSignature'] },
    issuer: 'self',
    signer: privateKeySigner(Sm2PrivateKey.generate()),
  })
  await element.installCertificate(container, certificate)
}

export const signature = (element: SecureElement): Promise<Uint8Array> =>
  element.sign(container, pin, message)

/** All commands in one group; a refusal ends the run. */
export async function group(card: CardConnection, ...commands: readonly Uint8Array[]): Promise<void> {
  const answers = (await card.transmitAll?.(commands)) ?? []
  if (answers.length !== commands.length || answers.at(-1)?.at(-2) !== 0x90)
    throw new Error('the card refused')
}
