import { Refused } from '@anqu/client'
import type { Interference, RawAnswer } from '../system/interference.ts'
import { plain, type PlantedFault } from './planted-fault.ts'
import { plantedClientFaults } from './planted-client-faults.ts'
import { plantedCardFaults } from './planted-card-faults.ts'
import { plantedCertificateFaults } from './planted-certificate-faults.ts'

/** Changes the answer of one route; every other call goes through. */
const answering = (name: string, change: (answer: Record<string, unknown>) => unknown): Interference => ({
  async call(route, _input, proceed) {
    const answer = await proceed()
    // Declared routes answer with objects.
    return route.name === name ? change({ ...(answer as Record<string, unknown>) }) : answer
  },
})

const accepted = (answer: RawAnswer): RawAnswer => ({
  ...answer,
  status: answer.status >= 400 ? 200 : answer.status,
})

const nothingIsRefused: Interference = {
  async call(_route, _input, proceed) {
    try {
      return await proceed()
    } catch (error) {
      if (error instanceof Refused) return { state: 'in', accepted: true, limits: [], locks: [] }
      throw error
    }
  },
}

let key: Uint8Array | undefined
/** The first public key that came by, for every later one. */
const firstKey = (answer: Uint8Array): Uint8Array => {
  key ??= answer.slice()
  return key
}

let signed: Uint8Array | undefined
const firstSignature = (answer: Uint8Array): Uint8Array => {
  signed ??= answer.slice()
  return signed
}

const appended = (text: string): Interference => ({
  dump: (bytes) => Buffer.concat([bytes, Buffer.from(text)]),
  logs: (logs) => `${logs}\n${text}`,
})

export const plantedFaults: readonly PlantedFault[] = [
  plain(
    'nothing is refused any more',
    [
      'captcha.server-made',
      'captcha.burnt-by-first-answer',
      'captcha.no-factor',
      'otp.single-use',
      'otp.expires',
      'otp.sending-limits',
      'otp.tries',
      'otp.second-password-first',
      'otp.bound-to-its-order',
      'login.two-factors',
      'login.no-sms-alone',
      'login.before-anything',
      'login.generic-answer',
      'lockout.',
      'session.idle',
      'session.absolute',
      'session.logout',
      'session.one-per-account',
      'session.stolen',
      'session.background',
      'input.schema',
      'input.injection',
      'password.strength',
      'password.transaction-strength',
      'password.second-password',
      'keyboard.taps-sealed',
      'consent.before-collection',
      'binding.certificate-application',
      'binding.refusals',
      'signature.named-algorithms',
      'data-encryption.whole-flow',
      'signature.signing-key-in-se',
      'certificate-renewal.regular',
      'certificate-revocation.hold',
      'certificate-revocation.lost',
      'tsm.authentication-first',
      'tsm.package-release',
      'operation.several-factors',
      'operation.signed-order',
      'operation.once',
      'operation.limits',
      'operation.risk-notice',
      'operation.own-only',
      'operation.client-version',
      'error.detail-in-the-log',
    ],
    nothingIsRefused,
  ),
  plain(
    'the HTTP side accepts every message',
    [
      'message.mutual-authentication',
      'message.once',
      'message.time-stamp',
      'message.integrity',
      'input.uri-header-body',
    ],
    { http: async (_request, proceed) => accepted(await proceed()) },
  ),
  plain('errors show the inside', ['error.uniform-and-safe'], {
    http: async (_request, proceed) => {
      const answer = await proceed()
      const text = new TextDecoder().decode(answer.body)
      return answer.status < 400
        ? answer
        : {
            ...answer,
            body: new TextEncoder().encode(text.replace('"zh"', '"stack":"at open (db.js:1:1)","zh"')),
          }
    },
  }),
  plain('messages travel as JSON', ['message.secrecy'], {
    http: async (request, proceed) => {
      const answer = await proceed()
      return request.url.includes('/api/')
        ? { ...answer, headers: { ...answer.headers, 'content-type': 'application/json' } }
        : answer
    },
  }),
  plain('every code is the same', ['otp.form'], {
    message: (message) => ({
      ...message,
      text: message.text.replace(/(?<![0-9])[0-9]{6}(?![0-9])/, '123456'),
    }),
  }),
  plain('texts hold the code only', ['otp.names-its-purpose'], {
    message: (message) => ({ ...message, text: /[0-9]{6}/.exec(message.text)?.[0] ?? '' }),
  }),
  plain('pictures never change', ['captcha.space', 'keyboard.random-picture-keys'], {
    picture: (_id, shows) =>
      [...shows].toSorted().join('').slice(0, 4).length < 4
        ? shows
        : shows.length > 10
          ? [...shows].toSorted().join('')
          : 'AAAA',
  }),
  plain('values arrive unmasked', ['masking.server-side'], {
    async call(_route, _input, proceed) {
      const text = JSON.stringify(await proceed())
      return JSON.parse(text.replaceAll('*', '8')) as unknown
    },
  }),
  plain('the cookie is open to scripts', ['session.headers-only'], {
    http: async (_request, proceed) => {
      const answer = await proceed()
      return { ...answer, cookies: answer.cookies.map((line) => line.replace(/; HttpOnly/i, '')) }
    },
  }),
  plain('every session gets the same id', ['session.new-random-id'], {
    http: async (_request, proceed) => {
      const answer = await proceed()
      return {
        ...answer,
        cookies: answer.cookies.map((line) => line.replace(/=[^;]+/, `=${'A'.repeat(43)}`)),
      }
    },
  }),
  plain('the channel is never renewed', ['message.renegotiation'], {
    http: async (request, proceed) => {
      Object.assign(
        request.headers,
        request.headers['anqu-channel'] === undefined ? {} : { 'anqu-channel': 'f'.repeat(32) },
      )
      return proceed()
    },
  }),
  {
    name: 'personal data lies in the clear in database and logs',
    noticedBy: ['storage.', 'log.no-personal-data'],
    interference: async (system) => {
      const { person } = (await system.fixtures.paid()).customer
      return appended(Object.values(person).join('\n'))
    },
  },
  plain('the password table holds plain hashes', ['password.stored-sealed'], {
    rows: (rows) =>
      rows.map((row) =>
        'sealed_hash' in row ? { ...row, sealed_hash: Buffer.from('$argon2id$v=19$same-for-all') } : row,
      ),
  }),
  plain(
    'nobody looks at the age of a password',
    ['password.age'],
    answering('sessions.current', (answer) => ({ ...answer, notice: 'none' })),
  ),
  plain('the older session is not told', ['login.history'], {
    async call(_route, _input, proceed) {
      const text = JSON.stringify(await proceed())
      return JSON.parse(text.replaceAll('another-session-ended', 'none')) as unknown
    },
  }),
  plain(
    'accounts share an identifier',
    ['login.unique-user'],
    answering('sessions.current', (answer) => ({
      ...answer,
      accountId: '00000000-0000-7000-8000-000000000000',
    })),
  ),
  plain(
    'a refusal of the notice is not taken',
    ['consent.free-choice'],
    answering('consent.decide', (answer) => ({ ...answer, decision: 'accepted' })),
  ),
  plain(
    'the card accepts everything',
    [
      'se.pin-before-use',
      'se.pin-lock',
      'se.containers',
      'se.deletion',
      'certificate-revocation.whole-flow',
      'se.master-file',
      'se.services',
      'se.expired-key',
    ],
    {
      async card(_command, proceed) {
        const answer = await proceed()
        return answer[answer.length - 2] === 0x90 ? answer : Uint8Array.of(0x90, 0x00)
      },
    },
  ),
  plain(
    'the card draws the same bytes again and again, and makes its keys of them',
    ['se.random', 'se.key-generation', 'se.both-pairs'],
    {
      async card(command, proceed) {
        const answer = await proceed()
        const isPublicKey = answer.length === 67 && answer[0] === 0x04
        if (isPublicKey) return firstKey(answer)
        return command[1] === 0x84 && answer.length > 2
          ? answer.map((byte, at) => (at < answer.length - 2 ? 0xa5 : byte))
          : answer
      },
    },
  ),
  plain('the card reads files to everybody', ['se.no-key-export', 'se.sealed-memory'], {
    async card(command, proceed) {
      return command[1] === 0xb0 ? Uint8Array.of(1, 2, 3, 4, 0x90, 0x00) : proceed()
    },
  }),
  plain('the card hands out 32 bytes for every command', ['se.request'], {
    async card(command, proceed) {
      const answer = await proceed()
      return command[0] === 0x80 && command[1] === 0x50
        ? Uint8Array.of(...Array.from({ length: 32 }, (_, at) => at), 0x90, 0x00)
        : answer
    },
  }),
  plain('the CA records nothing of what it issues', ['binding.certificate-application'], {
    rows: (rows) => rows.filter((row) => !('event' in row)),
  }),
  plain('the TSM records nothing', ['tsm.whole-flow'], {
    rows: (rows) => rows.filter((row) => !('step' in row)),
  }),
  plain(
    'the card refuses nothing',
    [
      'tsm.life-cycle',
      'tsm.card-checks-package',
      'tsm.certificate-before-use',
      'se.listed-clients',
      'se.command-rules',
      'se.own-certificates',
      'se.channel',
      'se.nothing-before-channel',
      'se.session-keys',
    ],
    {
      async card(_command, proceed) {
        const answer = await proceed()
        const refused = answer.length === 2 && answer[0] !== 0x90 && answer[0] !== 0x61
        return refused ? Uint8Array.of(0x90, 0x00) : answer
      },
    },
  ),
  plain('the card gives everybody the first signature it made', ['se.signer-identified'], {
    async card(command, proceed) {
      const answer = await proceed()
      return command[1] === 0x2a && command[2] === 0x9e && answer.length === 66
        ? firstSignature(answer)
        : answer
    },
  }),
  plain('certificates are not registered', ['binding.registered', 'binding.release-and-revocation'], {
    rows: (rows) => rows.filter((row) => !('serial' in row) && !('state' in row)),
  }),
  plain('another holder stands in the register', ['certificate-lifecycle.identity'], {
    rows: (rows) => rows.map((row) => ('holder' in row ? { ...row, holder: 'somebody' } : row)),
  }),
  plain(
    'nobody says that a certificate is about to expire',
    ['certificate-renewal.whole-flow'],
    answering('operations.confirm', (answer) => ({ ...answer, expiryNotice: null })),
  ),
  plain(
    'the migration report leaves out what is in use',
    ['transitional-algorithms.'],
    answering('staff.transition', (answer) => ({ ...answer, inUse: [] })),
  ),
  plain(
    'a held operation counts as done before anybody settled it',
    ['operation.settled-by-staff'],
    answering('operations.get', ({ operation, ...answer }) => ({
      ...answer,
      operation: { ...(operation as object), state: 'done' },
    })),
  ),
  plain('every renewal leaves two certificates at the CA', ['certificate-renewal.cut-off'], {
    rows: (rows) => rows.flatMap((row) => ('serial' in row ? [row, row] : [row])),
  }),
  ...plantedCertificateFaults,
  ...plantedClientFaults,
  ...plantedCardFaults,
  plain('stored signatures do not fit', ['operation.sm-signature'], {
    rows: (rows) =>
      rows.map((row) => ('signature' in row ? { ...row, signature: new Uint8Array(64).fill(1) } : row)),
  }),
  plain('the CA is not asked to verify', ['operation.signing-flow'], {
    rows: (rows) => rows.filter((row) => !('event' in row)),
  }),
  plain('customer signatures are not kept', ['operation.receipt'], {
    rows: (rows) => rows.map((row) => ('signature' in row ? { ...row, signature: null } : row)),
  }),
  plain('the bank books twice', ['operation.rollback'], {
    rows: (rows) => rows.flatMap((row) => ('outcome' in row ? [row, row] : [row])),
  }),
  plain(
    'an amount that differs passes for paid',
    ['operation.contradiction'],
    answering('operations.confirm', ({ operation, ...answer }) => ({
      ...answer,
      operation: { ...(operation as object), state: 'done' }, // the route's output has one
    })),
  ),
  plain(
    'customers are told nothing',
    ['operation.notification'],
    answering('notifications.list', () => ({ notifications: [] })),
  ),
  plain('audit records lack their subject', ['audit.fields'], {
    async call(_route, _input, proceed) {
      const text = JSON.stringify(await proceed())
      return JSON.parse(text.replaceAll(/"subject":"[^"]*"/g, '"subject":""')) as unknown
    },
  }),
  plain('payment records lack the payer', ['audit.payment-fields'], {
    async call(_route, _input, proceed) {
      const text = JSON.stringify(await proceed())
      return JSON.parse(text.replaceAll(/"payer":"[^"]*"/g, '"payer":""')) as unknown
    },
  }),
  plain(
    'the audit log forgets',
    ['audit.events', 'audit.automatic', 'audit.staff-and-itself', 'data-encryption.'],
    answering('staff.audit-search', (answer) => ({ ...answer, records: [] })),
  ),
  plain('an audit record was changed', ['audit.chain'], {
    rows: (rows) => rows.map((row, index) => (index === 7 && 'body' in row ? { ...row, body: '{}' } : row)),
  }),
  plain('an expired picture still counts', ['captcha.expires'], nothingIsRefused),
]

export const notices = (fault: PlantedFault, id: string): boolean =>
  fault.noticedBy.some((part) => (part.endsWith('.') ? id.startsWith(part) : id === part))
