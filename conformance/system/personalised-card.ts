import { utf8ToBytes } from '@anqu/encoding'
import { randomBytes, Sm2PrivateKey, sm2Sign, sm3 } from '@anqu/gm-crypto'
import { buildCertificate, privateKeySigner, randomSerial } from '@anqu/pki'
import {
  createCard,
  encodeCommand,
  MemoryCard,
  parseResponse,
  securedConnection,
  SECURITY_SERVICE_AID,
  SM4,
  type CardConnection,
  type CardOptions,
  type CommandApdu,
  type KeySet,
} from '@anqu/secure-element'
import {
  accessRulesData,
  clientCommandFilters,
  encodeClientBinding,
  encodeClientStatement,
  putKey,
  selectIssuer,
  setCardState,
  storeData,
  type AccessRule,
} from '@anqu/secure-element/issuer'

const secured = 0x0f
const firstClientVersion = 0x40

/** Client software: the certificate it is signed with, and that key. */
export type Publisher = { readonly key: Sm2PrivateKey; readonly certificate: Uint8Array }

export async function newPublisher(name: string): Promise<Publisher> {
  const key = Sm2PrivateKey.generate()
  const certificate = await buildCertificate({
    serial: randomSerial(),
    subject: [{ type: 'CN', value: name }],
    issuer: 'self',
    publicKey: key.publicKey,
    notBeforeMs: 1_500_000_000_000,
    notAfterMs: 2_400_000_000_000,
    signer: privateKeySigner(key),
    extensions: { keyUsage: ['digitalSignature'] },
  })
  return { key, certificate }
}

export function newKeys(version: number): KeySet {
  const keys = { encryption: randomBytes(16), mac: randomBytes(16), data: randomBytes(16) }
  return { version, cipher: SM4, keys }
}

/** A card whose issuer is the check itself, so that it knows the keys and can bind the clients it likes. */
export class PersonalisedCard {
  readonly medium = new MemoryCard()
  readonly issuer = newKeys(0x30)
  readonly card: CardConnection

  constructor(options: Pick<CardOptions, 'random'> = {}) {
    this.card = createCard({ ...options, storage: this.medium.holder(), channelKeys: [this.issuer] })
  }

  /** SECURED, for the software of that publisher; answers the keys of the client that is bound. */
  async secureFor(publisher: Publisher): Promise<KeySet> {
    await this.allow(publisher, clientCommandFilters())
    const { keys } = await this.bind(publisher, firstClientVersion)
    await this.secure()
    return keys
  }

  /** Sends commands of the issuer over its channel; answers the status words. */
  async manage(...commands: readonly CommandApdu[]): Promise<number[]> {
    const channel = securedConnection(this.card, this.issuer)
    await channel.transmit(encodeCommand(selectIssuer()))
    const words: number[] = []
    for (const command of commands)
      words.push(parseResponse(await channel.transmit(encodeCommand(command))).statusWord)
    return words
  }

  allow(publisher: Publisher, commands: AccessRule['commands']): Promise<number[]> {
    const rule = { aid: SECURITY_SERVICE_AID, certificateHash: sm3(publisher.certificate), commands }
    return this.manage(...storeData(accessRulesData([rule])))
  }

  /** Gives a client keys of that version and binds it; answers its keys and the status word of the binding. */
  async bind(publisher: Publisher, version: number): Promise<{ keys: KeySet; statusWord: number }> {
    const keys = newKeys(version)
    const statement = encodeClientStatement({ name: 'app', version: 1, packageHash: sm3(utf8ToBytes('app')) })
    const request = encodeClientBinding({
      version,
      aid: SECURITY_SERVICE_AID,
      instance: utf8ToBytes(`instance ${version}`),
      statement,
      certificate: publisher.certificate,
      signature: sm2Sign(publisher.key, statement),
    })
    const words = await this.manage(
      await putKey(keys, { replaced: 0, session: this.issuer }),
      ...storeData(request),
    )
    return { keys, statusWord: words.at(-1) ?? 0 }
  }

  secure(): Promise<number[]> {
    return this.manage(setCardState(secured))
  }
}
