import { ByteWriter, concatBytes, utf8ToBytes } from '@anqu/encoding'
import { sm2Digest, Sm2PublicKey, sm2VerifyDigest, sm3 } from '@anqu/gm-crypto'
import { StatusWord } from '../apdu/status-word.ts'
import { parseInventory, parseStatus } from '../applets/security-service/answers.ts'
import { COMMANDS } from '../applets/security-service/command-table.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import { CardSession, type CardCall } from './card-session.ts'
import {
  encodeCipherBlob,
  encodePublicKeyBlob,
  encodeSignatureBlob,
  parseCipherBlob,
  parsePublicKeyBlob,
  parseSignatureBlob,
} from './skf-blobs.ts'
import { SecureElementError } from './secure-element-error.ts'
import { SkfError, skfError } from './skf-error.ts'
import { SkfRefusals } from './skf-refusals.ts'
import {
  decryptWith,
  encryptWith,
  keyHandle,
  requireSm4Cbc,
  SESSION_KEY_LENGTH,
  SGD_SMS4_CBC,
  type KeyHandle,
} from './skf-session-key.ts'

/** Algorithm identifiers of GM/T 0006 that appear in this interface. */
export const SGD = { SM3: 0x00000001, SMS4_CBC: SGD_SMS4_CBC, SM2_1: 0x00020200, SM2_3: 0x00020800 } as const
/** The one application of the card. */
export const SKF_APPLICATION = 'ANQU'
const USER_TYPE = 1
/** What SKF_GetContainerType answers: no container, or one with SM2 pairs. */
export const CONTAINER_TYPE = { unknown: 0, ecc: 2 } as const

export interface DeviceHandle {
  readonly kind: 'device'
  readonly session: CardSession
}

export interface ApplicationHandle {
  readonly kind: 'application'
  readonly session: CardSession
}

export interface ContainerHandle {
  readonly kind: 'container'
  readonly session: CardSession
  readonly name: string
}

/**
 * The names of GM/T 0016 over cards of ours, for programs written against SKF: functions give their result or throw
 * `SkfError` with the SAR code, and structures are the bytes that standard lays out. One thing is stricter than there: a
 * verified PIN serves one use of a private key (B-7.2-12); the next needs SKF_VerifyPIN again.
 */
export class Skf extends SkfRefusals {
  readonly #devices: ReadonlyMap<string, CardConnection>

  constructor(devices: Readonly<Record<string, CardConnection>>) {
    super()
    this.#devices = new Map(Object.entries(devices))
  }

  SKF_EnumDev(): string[] {
    return [...this.#devices.keys()]
  }

  async SKF_ConnectDev(name: string): Promise<DeviceHandle> {
    const connection = this.#devices.get(name)
    if (connection === undefined) throw new SkfError('DEVICE_REMOVED')
    return { kind: 'device', session: new CardSession(connection) }
  }

  async SKF_DisConnectDev(device: DeviceHandle): Promise<void> {
    await device.session.reset()
  }

  /** 1 to 256 bytes made on the card. */
  async SKF_GenRandom(device: DeviceHandle, length: number): Promise<Uint8Array> {
    if (!Number.isInteger(length) || length < 1 || length > 256) throw new SkfError('INVALIDPARAMERR')
    return selected(device.session, { rule: COMMANDS.getChallenge, ne: length })
  }

  async SKF_EnumApplication(_device: DeviceHandle): Promise<string[]> {
    return [SKF_APPLICATION]
  }

  async SKF_OpenApplication(device: DeviceHandle, name: string): Promise<ApplicationHandle> {
    if (name !== SKF_APPLICATION) throw new SkfError('APPLICATION_NOT_EXISTS')
    const { session } = device
    await guarded(() => session.inTurn(() => session.drop()))
    return { kind: 'application', session }
  }

  async SKF_GetPINInfo(
    application: ApplicationHandle,
    pinType: number,
  ): Promise<{ maxRetry: number; remaining: number; defaultPin: boolean }> {
    requireUser(pinType)
    const status = parseStatus(await call(application.session, { rule: COMMANDS.getStatus }))
    return { maxRetry: status.triesLimit, remaining: status.triesLeft, defaultPin: !status.pinSet }
  }

  /** Throws PIN_INCORRECT with `triesLeft`, PIN_LOCKED, USER_PIN_NOT_INITIALIZED. */
  async SKF_VerifyPIN(application: ApplicationHandle, pinType: number, pin: string): Promise<void> {
    requireUser(pinType)
    if (pin === '') throw new SkfError('PIN_LEN_RANGE')
    const meanings = { [StatusWord.conditionsNotSatisfied]: 'se.pin-not-set' } as const
    await call(application.session, { rule: COMMANDS.verifyPin, data: utf8ToBytes(pin), meanings })
  }

  async SKF_ChangePIN(
    application: ApplicationHandle,
    pinType: number,
    pins: { old: string; new: string },
  ): Promise<void> {
    requireUser(pinType)
    const data = new ByteWriter().vector8(utf8ToBytes(pins.old)).vector8(utf8ToBytes(pins.new)).finish()
    const meanings = {
      [StatusWord.conditionsNotSatisfied]: 'se.pin-not-set',
      [StatusWord.wrongData]: 'se.pin-length',
    } as const
    await call(application.session, { rule: COMMANDS.changePin, p1p2: 0x0080, data, meanings })
  }

  /**
   * The issuer's way back of a locked PIN, on a device connected through the issuer's secure channel. The holder must change
   * `newPin` before the first use. Throws USER_NOT_LOGGED_IN for anybody else, PIN_INCORRECT with `triesLeft` of the code.
   */
  async SKF_UnblockPIN(
    application: ApplicationHandle,
    resettingCode: Uint8Array,
    newPin: string,
  ): Promise<void> {
    const data = new ByteWriter().vector8(resettingCode).vector8(utf8ToBytes(newPin)).finish()
    const meanings = {
      [StatusWord.conditionsNotSatisfied]: 'se.pin-not-set',
      [StatusWord.wrongData]: 'se.pin-length',
    } as const
    await call(application.session, { rule: COMMANDS.resetPin, data, meanings }).finally(() => data.fill(0))
  }

  async SKF_CloseApplication(application: ApplicationHandle): Promise<void> {
    await this.SKF_ClearSecureState(application)
  }

  async SKF_ClearSecureState(application: ApplicationHandle): Promise<void> {
    const { session } = application
    await guarded(() => session.inTurn(() => session.drop()))
  }

  async SKF_CreateContainer(application: ApplicationHandle, name: string): Promise<ContainerHandle> {
    const { session } = application
    await call(session, { rule: COMMANDS.createContainer, data: utf8ToBytes(name) })
    return { kind: 'container', session, name }
  }

  async SKF_OpenContainer(application: ApplicationHandle, name: string): Promise<ContainerHandle> {
    if (!(await this.SKF_EnumContainer(application)).includes(name)) throw new SkfError('FILE_NOT_EXIST')
    return { kind: 'container', session: application.session, name }
  }

  async SKF_EnumContainer(application: ApplicationHandle): Promise<string[]> {
    return parseInventory(await call(application.session, { rule: COMMANDS.listContainers })).map(
      ({ name }) => name,
    )
  }

  async SKF_GetContainerType(application: ApplicationHandle, name: string): Promise<number> {
    const all = parseInventory(await call(application.session, { rule: COMMANDS.listContainers }))
    const pairs = all.find((container) => container.name === name)?.pairs
    if (pairs === undefined) throw new SkfError('FILE_NOT_EXIST')
    const hasPair = pairs.some(({ pending, certificate }) => pending || certificate !== undefined)
    return hasPair ? CONTAINER_TYPE.ecc : CONTAINER_TYPE.unknown
  }

  async SKF_DeleteContainer(application: ApplicationHandle, name: string): Promise<void> {
    await call(application.session, { rule: COMMANDS.deleteContainer, data: utf8ToBytes(name) })
  }

  /** Makes the container's signing pair inside; answers its ECCPUBLICKEYBLOB. */
  async SKF_GenECCKeyPair(container: ContainerHandle, algorithm: number): Promise<Uint8Array> {
    if (algorithm !== SGD.SM2_1) throw new SkfError('INVALIDPARAMERR')
    const meanings = { [StatusWord.alreadyExists]: 'se.key-pending' } as const
    const data = utf8ToBytes(container.name)
    return keyBlob(
      await call(container.session, { rule: COMMANDS.generateKeyPair, p1p2: 0x0001, data, meanings }),
    )
  }

  /** ECCPUBLICKEYBLOB of the pair in use, or of the one that waits for its certificate. */
  async SKF_ExportPublicKey(container: ContainerHandle, signFlag: boolean): Promise<Uint8Array> {
    const usage = signFlag ? 0x01 : 0x02
    const meanings = { [StatusWord.referencedDataNotFound]: 'se.key-not-found' } as const
    const read = (p1p2: number) =>
      call(container.session, {
        rule: COMMANDS.exportPublicKey,
        p1p2,
        data: utf8ToBytes(container.name),
        meanings,
      })
    try {
      return keyBlob(await read(usage))
    } catch (error) {
      if (!(error instanceof SkfError) || error.sar !== 'KEYNOTFOUNTERR') throw error
      return keyBlob(await read(0x0100 | usage))
    }
  }

  async SKF_ImportCertificate(container: ContainerHandle, certificate: Uint8Array): Promise<void> {
    const data = new ByteWriter().vector8(utf8ToBytes(container.name)).bytes(certificate).finish()
    const meanings = { [StatusWord.wrongData]: 'se.certificate-malformed' } as const
    await call(container.session, { rule: COMMANDS.installCertificate, data, meanings })
  }

  async SKF_ExportCertificate(container: ContainerHandle, signFlag: boolean): Promise<Uint8Array> {
    const meanings = { [StatusWord.notFound]: 'se.certificate-not-found' } as const
    const data = utf8ToBytes(container.name)
    return call(container.session, {
      rule: COMMANDS.readCertificate,
      p1p2: signFlag ? 0x0001 : 0x0002,
      data,
      meanings,
    })
  }

  /** SM3 of `data`; with an ECCPUBLICKEYBLOB and an ID as SM2 signatures need it (GB/T 32918.2 §6.1, steps 1–2). */
  async SKF_Digest(
    _device: DeviceHandle,
    data: Uint8Array,
    signer?: { publicKey: Uint8Array; id?: string },
  ): Promise<Uint8Array> {
    return signer === undefined ? sm3(data) : sm2Digest(parsePublicKeyBlob(signer.publicKey), data, signer.id)
  }

  /** ECCSIGNATUREBLOB over a hash that SKF_Digest prepared. Throws USER_NOT_LOGGED_IN without a PIN verified just before. */
  async SKF_ECCSignData(container: ContainerHandle, hash: Uint8Array): Promise<Uint8Array> {
    if (hash.length !== 32) throw new SkfError('INDATALENERR')
    const data = concatBytes(new ByteWriter().vector8(utf8ToBytes(container.name)).finish(), hash)
    const meanings = { [StatusWord.conditionsNotSatisfied]: 'se.certificate-missing' } as const
    return encodeSignatureBlob(await call(container.session, { rule: COMMANDS.signHash, data, meanings }))
  }

  /** Whether an ECCSIGNATUREBLOB over a hash that SKF_Digest prepared is the key holder's. */
  async SKF_ECCVerify(
    _device: DeviceHandle,
    publicKey: Uint8Array,
    hash: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean> {
    if (hash.length !== 32) throw new SkfError('INDATALENERR')
    return sm2VerifyDigest(parsePublicKeyBlob(publicKey), hash, parseSignatureBlob(signature))
  }

  /** A session key made of the card's random numbers, and the ECCCIPHERBLOB that carries it to the holder of `publicKey`. */
  async SKF_ECCExportSessionKey(
    container: ContainerHandle,
    algorithm: number,
    publicKey: Uint8Array,
  ): Promise<{ key: KeyHandle; cipherBlob: Uint8Array }> {
    requireSm4Cbc(algorithm)
    const { session } = container
    const bytes = (await call(session, { rule: COMMANDS.getChallenge, ne: SESSION_KEY_LENGTH })).slice()
    const data = concatBytes(parsePublicKeyBlob(publicKey).bytes, bytes)
    const sealed = await call(session, { rule: COMMANDS.encrypt, data }).finally(() => data.fill(0))
    return { key: keyHandle(bytes), cipherBlob: encodeCipherBlob(sealed) }
  }

  /** The session key in an ECCCIPHERBLOB for the container's encryption pair. Throws USER_NOT_LOGGED_IN without a PIN. */
  async SKF_ImportSessionKey(
    container: ContainerHandle,
    algorithm: number,
    cipherBlob: Uint8Array,
  ): Promise<KeyHandle> {
    requireSm4Cbc(algorithm)
    return keyHandle((await this.SKF_ECCDecrypt(container, cipherBlob)).slice())
  }

  async SKF_Encrypt(key: KeyHandle, iv: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
    return encryptWith(key, iv, data)
  }

  async SKF_Decrypt(key: KeyHandle, iv: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
    return decryptWith(key, iv, data)
  }

  /** The session key is wiped. */
  async SKF_CloseHandle(key: KeyHandle): Promise<void> {
    key.key.wipe()
  }

  /** ECCCIPHERBLOB for the holder of an ECCPUBLICKEYBLOB. */
  async SKF_ExtECCEncrypt(
    device: DeviceHandle,
    publicKey: Uint8Array,
    plaintext: Uint8Array,
  ): Promise<Uint8Array> {
    const data = concatBytes(parsePublicKeyBlob(publicKey).bytes, plaintext)
    return encodeCipherBlob(await selected(device.session, { rule: COMMANDS.encrypt, data }))
  }

  /** Opens an ECCCIPHERBLOB with the container's encryption pair. */
  async SKF_ECCDecrypt(container: ContainerHandle, cipherBlob: Uint8Array): Promise<Uint8Array> {
    const name = new ByteWriter().vector8(utf8ToBytes(container.name)).finish()
    const meanings = {
      [StatusWord.wrongData]: 'se.ciphertext',
      [StatusWord.referencedDataNotFound]: 'se.key-not-found',
    } as const
    return call(container.session, {
      rule: COMMANDS.decrypt,
      data: concatBytes(name, parseCipherBlob(cipherBlob)),
      meanings,
    })
  }

  /** Whether an ECCSIGNATUREBLOB over `message` (default ID) is the key holder's. */
  async SKF_ExtECCVerify(
    device: DeviceHandle,
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean> {
    const data = concatBytes(parsePublicKeyBlob(publicKey).bytes, parseSignatureBlob(signature), message)
    try {
      await selected(device.session, { rule: COMMANDS.verifySignature, data })
      return true
    } catch (error) {
      if (statusOf(error) === StatusWord.verificationFailed) return false
      throw error
    }
  }
}

function statusOf(error: unknown): number | undefined {
  const cause = error instanceof SkfError ? error.cause : undefined
  return cause instanceof SecureElementError ? cause.statusWord : undefined
}

function call(session: CardSession, command: CardCall): Promise<Uint8Array> {
  return guarded(() => session.inTurn(() => session.call(command)))
}

/** For calls on the device itself, before any application was opened. They end a verified PIN's right. */
function selected(session: CardSession, command: CardCall): Promise<Uint8Array> {
  return guarded(() => session.together(command))
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw skfError(error)
  }
}

function keyBlob(point: Uint8Array): Uint8Array {
  return encodePublicKeyBlob(Sm2PublicKey.fromBytes(point))
}

/** There is no administrator on this card: its issuer speaks through the secure channel instead. */
function requireUser(pinType: number): void {
  if (pinType !== USER_TYPE) throw new SkfError('USER_TYPE_INVALID')
}
