import { hexToBytes } from '@anqu/encoding'
import { sm3, Sm2PrivateKey } from '@anqu/gm-crypto'
import { buildCertificate, EKU_SERVER_AUTH, parseCertificate, privateKeySigner } from '@anqu/pki'
import type { Certificate, CertificateRequest } from '@anqu/pki'
import type { ChannelStore } from '../channel-store.ts'
import type { ClientChannel } from '../client-channel.ts'
import { createMessageClient, type MessageClient } from '../client.ts'
import type { ChannelLimits } from '../limits.ts'
import { createMemoryChannelStore } from '../memory-channel-store.ts'
import { createMessageServer, type MessageServer } from '../server.ts'

export const START_MS = Date.UTC(2026, 0, 15, 4, 0, 0)
export const SERVER_NAME = 'message.channel.test'
export const ROUTE = 'POST /api/v1/payments/prepare'

export class TestClock {
  #nowMs = START_MS
  nowMs(): number {
    return this.#nowMs
  }
  pass(ms: number): void {
    this.#nowMs += ms
  }
}

/** The same key for the same name in every run. */
export const keyNamed = (name: string): Sm2PrivateKey =>
  Sm2PrivateKey.fromBytes(sm3(new TextEncoder().encode(`anqu-message test key ${name}`)))

export interface Party {
  readonly key: Sm2PrivateKey
  readonly certificate: Certificate
}

const DAY_MS = 86_400_000

export async function certified(
  name: string,
  issuer?: Party,
  change: Partial<CertificateRequest> = {},
): Promise<Party> {
  const key = keyNamed(name)
  const request: CertificateRequest = {
    serial: hexToBytes('0102030405060708'),
    subject: [{ type: 'CN', value: name }],
    publicKey: key.publicKey,
    notBeforeMs: START_MS - DAY_MS,
    notAfterMs: START_MS + 365 * DAY_MS,
    issuer: issuer?.certificate ?? 'self',
    signer: privateKeySigner(issuer?.key ?? key),
    extensions: issuer
      ? {
          basicConstraints: { ca: false },
          keyUsage: ['digitalSignature', 'keyAgreement'],
          extKeyUsage: [EKU_SERVER_AUTH],
          subjectAltNames: [{ kind: 'dns', value: name }],
        }
      : { basicConstraints: { ca: true }, keyUsage: ['keyCertSign'] },
    ...change,
  }
  return { key, certificate: parseCertificate(await buildCertificate(request)) }
}

export interface World {
  readonly clock: TestClock
  readonly root: Party
  readonly leaf: Party
  readonly store: ChannelStore
  readonly server: MessageServer
  readonly instanceKey: Sm2PrivateKey
  newClient(instanceKey?: Sm2PrivateKey): MessageClient
  newChannel(instanceKey?: Sm2PrivateKey): Promise<ClientChannel>
}

export async function createWorld(limits: Partial<ChannelLimits> = {}): Promise<World> {
  const clock = new TestClock()
  const root = await certified('Test Root')
  const leaf = await certified(SERVER_NAME, root)
  const store = createMemoryChannelStore(clock)
  const chain = [leaf.certificate.raw]
  const server = createMessageServer({ chain, key: leaf.key, clock, store, limits })
  const ownKey = keyNamed('client instance')
  const newClient = (instanceKey = ownKey): MessageClient =>
    createMessageClient({ anchors: [root.certificate], serverName: SERVER_NAME, instanceKey, clock })
  return {
    clock,
    root,
    leaf,
    store,
    server,
    instanceKey: ownKey,
    newClient,
    async newChannel(instanceKey) {
      const client = newClient(instanceKey)
      const { finish, channel } = client.finish(await server.hello(client.hello()))
      await server.finish(finish)
      return channel
    },
  }
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value)
