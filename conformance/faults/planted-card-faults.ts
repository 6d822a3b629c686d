import { base64ToBytes, bytesToHex, concatBytes } from '@anqu/encoding'
import { staffUploadApplication } from '@anqu/contract'
import { ClientCard, type SecretStore } from '@anqu/client'
import { Sm2PrivateKey, sm3 } from '@anqu/gm-crypto'
import type { MessageClient } from '@anqu/message'
import { parseLoadFile, SM4, type CardConnection } from '@anqu/secure-element'
import { deriveSessionKeys } from '@anqu/secure-element/inspection'
import type { Interference } from '../system/interference.ts'
import { plain, type PlantedFault } from './planted-fault.ts'

const done = [0x90, 0x00] as const
/** Of a command that carries a certificate. */
const shortest = 100
const INS = {
  installCertificate: 0x4c,
  list: 0x46,
  generate: 0x46,
  verify: 0x20,
  select: 0xa4,
  open: 0x50,
} as const
const isPublicKey = (answer: Uint8Array): boolean => answer.length === 67 && answer[0] === 0x04

/** Every public key the card shows is that of one key that lies in its memory. */
function bareKey(): Interference {
  const key = Sm2PrivateKey.generate()
  const file = { path: 'left/behind', type: 0x01, bytes: key.exportBytes() } as const
  return {
    async card(_command, proceed) {
      const answer = await proceed()
      return isPublicKey(answer) ? Uint8Array.of(...key.publicKey.bytes, ...done) : answer
    },
    inspection: (inspection) => ({ ...inspection, files: [...inspection.files, file] }),
  }
}

/** Whoever asks with an instruction that nobody knows gets the last certificate that was installed. */
function openList(): Interference {
  let installed = new Uint8Array(0)
  return {
    async card(command, proceed) {
      // A scan sends the instruction without a certificate.
      if (command[1] === INS.installCertificate && command.length > shortest) installed = command.slice(5)
      return command[1] === 0x4f ? Uint8Array.of(...installed, ...done) : proceed()
    },
  }
}

/** Keeps the first of the session's keys behind the keys it was given. */
function forgetfulClient(card: CardConnection, store: SecretStore): CardConnection {
  const keeping: CardConnection = {
    transmit: async (command) => {
      const answer = await card.transmit(command)
      const kept = command[1] === INS.open ? await store.load() : undefined
      if (kept === undefined) return answer
      const part = (at: number): Uint8Array => kept.slice(1 + 16 * at, 17 + 16 * at)
      const keys = { encryption: part(0), mac: part(1), data: part(2) }
      const context = concatBytes(command.slice(5, 13), answer.slice(13, 21))
      const { encryption } = await deriveSessionKeys(SM4, keys, context)
      await store.save(concatBytes(kept.slice(0, 49), encryption))
      return answer
    },
    reset: () => card.reset(),
  }
  return new ClientCard(keeping, store)
}

/** The back-end gets to know every key that a card makes. */
function keysInTheDatabase(): Interference {
  const drawn: Uint8Array[] = []
  return {
    drawn: (bytes) => void drawn.push(bytes),
    dump: (bytes) => Buffer.concat([bytes, ...drawn]),
  }
}

/** A client whose nonces count up, and whose records of the same bytes are the same. */
function predictableClient(client: MessageClient): MessageClient {
  let hellos = 0
  return {
    hello() {
      const hello = client.hello()
      new DataView(hello.buffer).setUint32(2, hellos++)
      return hello
    },
    finish(serverHello) {
      const { finish, channel } = client.finish(serverHello)
      return { finish, channel: { ...channel, seal: () => ({ record: new Uint8Array(90), sequence: 1n }) } }
    },
  }
}

/** What a TSM would say that does not compare what was signed with what a package is handed in as. */
const takenUnderAnyName: Interference = {
  async call(route, input, proceed) {
    try {
      return await proceed()
    } catch (error) {
      const entry = staffUploadApplication.input.safeParse(input)
      if (route.name !== staffUploadApplication.name || !entry.success) throw error
      const { applicationId, name, loadFile } = entry.data
      const signed = parseLoadFile(base64ToBytes(loadFile))
      if (bytesToHex(signed.aid) === applicationId && signed.name === name) throw error
      return { application: { applicationId, name, version: signed.version, state: 'registered' } }
    }
  },
}

export const plantedCardFaults: readonly PlantedFault[] = [
  plain('the card says it holds no certificates', ['se.certificate-list'], {
    card: async (command, proceed) =>
      command[0] === 0x80 && command[1] === INS.list ? Uint8Array.of(1, 0, ...done) : proceed(),
  }),
  plain('the enumeration inside forgets a certificate', ['se.enumeration-complete'], {
    inspection: (inspection) => ({ ...inspection, certificates: inspection.certificates.slice(1) }),
  }),
  plain('the card hands certificates to whoever asks', ['se.enumeration-internal'], openList()),
  plain('a private key lies bare in card memory', ['se.private-key-life'], bareKey()),
  plain('the card makes its keys of what the host says', ['se.internal-randomness'], {
    async card(command, proceed) {
      const answer = await proceed()
      const { publicKey } = Sm2PrivateKey.fromBytes(sm3(command))
      const isGenerated = command[0] === 0x00 && command[1] === INS.generate && isPublicKey(answer)
      return isGenerated ? Uint8Array.of(...publicKey.bytes, ...done) : answer
    },
  }),
  plain('wrong PINs never lock', ['se.pin-and-keys-safe'], {
    async card(command, proceed) {
      const answer = await proceed()
      const isLocked = command[1] === INS.verify && answer[0] === 0x69 && answer[1] === 0x83
      return isLocked ? Uint8Array.of(0x63, 0xc1) : answer
    },
  }),
  plain('the card opens channels under keys of other algorithms', ['se.approved-algorithms'], {
    card: async (command, proceed) =>
      command[1] === INS.open && command[2] === 0x31
        ? Uint8Array.of(...new Uint8Array(32), ...done)
        : proceed(),
  }),
  plain('the interface sends what nobody asked for', ['se.call-path'], {
    async card(command, proceed) {
      if (command[1] === INS.select) await proceed()
      return proceed()
    },
  }),
  plain('a signed package is taken under any name', ['tsm.package-release'], takenUnderAnyName),
  plain(
    'the card takes a package whatever identifier and hash it was announced with',
    ['tsm.card-checks-package'],
    {
      async card(_command, proceed) {
        const answer = await proceed()
        const isWrongData = answer.length === 2 && answer[0] === 0x6a && answer[1] === 0x80
        return isWrongData ? Uint8Array.from(done) : answer
      },
    },
  ),
  plain('the back-end holds the keys of its users', ['se.private-key-of-user-only'], keysInTheDatabase()),
  plain('the client makes its random numbers up', ['random.unpredictable', 'random.padding'], {
    protocol: predictableClient,
  }),
  plain('the client keeps a key of its session', ['se.session-key-not-stored'], { client: forgetfulClient }),
]
