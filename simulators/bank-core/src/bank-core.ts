import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { createFaultSwitches, faultRoutes, type FaultOrder, type FaultSwitches } from '@anqu/fault-switches'
import { Sm2PublicKey } from '@anqu/gm-crypto'
import {
  createHttpServer,
  migrate,
  parseInput,
  TransportError,
  type Clock,
  type Db,
  type ErrorRenderer,
  type HttpServerOptions,
  type Log,
} from '@anqu/platform'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { createAccounts, type Accounts } from './accounts.ts'
import { createDebits, type Debits } from './debits.ts'
import { createChannelKeys, openSecrets, type ChannelKeys } from './keys.ts'
import { signedRoutes, UntrustedRequest } from './signed-routes.ts'
import { debitKey, debitOrder, findAccount, registerChannel } from './wire.ts'

export interface BankCoreNeeds {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly listen: HttpServerOptions['listen']
  /** Balance of an account opened for somebody the bank has not seen; undefined opens none. */
  readonly openingBalanceFen?: bigint
  readonly faults?: readonly FaultOrder[]
}

export interface BankCore {
  readonly switches: FaultSwitches
  start(): Promise<string>
  stop(): Promise<void>
}

export const bankFaults = [
  'down',
  'slow',
  'timeout-after-commit',
  'duplicate-answer',
  'stale-answer',
  'wrong-signature',
  'wrong-amount',
] as const

const migrations = { module: 'bank-core', directory: new URL('./migrations/', import.meta.url) }

const untrusted = { code: 'bank.untrusted', zh: '请求未通过验证', en: 'The request is not trusted' } as const

/** One answer for every reason a request is not trusted; which one it was goes to the log. */
const renderErrorWith =
  (log: Log): ErrorRenderer =>
  (error, correlationId) => {
    if (!(error instanceof UntrustedRequest)) return undefined
    log.warn({ correlationId, wrong: error.detail }, 'untrusted request')
    return { status: 401, body: { error: { ...untrusted, correlationId } } }
  }

function keyRoutes(
  app: FastifyInstance,
  { publicKey, channels }: { publicKey: string; channels: ChannelKeys },
): void {
  app.route({ method: 'GET', url: '/v1/bank-key', handler: async () => ({ publicKey }) })
  app.route({
    method: 'POST',
    url: '/v1/channels',
    handler: async (request, reply) => {
      const input = parseInput(registerChannel, request.body)
      const accepted = await channels.register(input.channelId, parsePublicKey(input.publicKey))
      if (!accepted) return reply.code(409).send({ outcome: 'refused', reason: 'another-key' })
      return { outcome: 'registered', channelId: input.channelId }
    },
  })
}

function parsePublicKey(text: string): Sm2PublicKey {
  try {
    return Sm2PublicKey.fromBytes(base64ToBytes(text))
  } catch (cause) {
    throw new TransportError('invalid', 'not an SM2 point', { cause })
  }
}

function adminRoutes(
  app: FastifyInstance,
  { accounts, debits }: { accounts: Accounts; debits: Debits },
): void {
  app.route({
    method: 'GET',
    url: '/admin/accounts',
    handler: async () => ({ accounts: await accounts.balances() }),
  })
  const query = z.strictObject({ payeeAccount: z.string().max(60).optional() })
  app.route({
    method: 'GET',
    url: '/admin/totals',
    handler: async (request) => ({
      debits: await debits.totals(parseInput(query, request.query).payeeAccount),
    }),
  })
}

/** A bank core: customers' accounts, debits by idempotency key, everything signed both ways. */
export async function createBankCore(needs: BankCoreNeeds): Promise<BankCore> {
  const { db, clock, log, listen, openingBalanceFen, faults = [] } = needs
  await migrate(db, [migrations], { clock })
  const { signingKey, ownerKey } = await openSecrets(db)
  const channels = createChannelKeys(db, clock)
  const accounts = createAccounts({ db, clock, ownerKey, openingBalanceFen })
  const debits = createDebits({ db, clock })
  const switches = createFaultSwitches(bankFaults, faults)
  const server = createHttpServer({
    listen,
    settingPrefix: 'ANQU_BANK_',
    log,
    renderError: renderErrorWith(log),
    correlation: 'inherit',
  })
  keyRoutes(server.app, { publicKey: bytesToBase64(signingKey.publicKey.bytes), channels })
  adminRoutes(server.app, { accounts, debits })
  faultRoutes(server.app, switches)
  server.app.register(async (scope) => {
    const route = signedRoutes(scope, { clock, channels, signingKey, switches })
    route({
      name: 'find',
      url: '/v1/accounts/find',
      schema: findAccount,
      run: (owner) => accounts.find(owner),
    })
    route({
      name: 'debit',
      url: '/v1/debits',
      schema: debitOrder,
      run: (order, from) => debits.debit(from, order),
    })
    route({
      name: 'query',
      url: '/v1/debits/query',
      schema: debitKey,
      run: ({ idempotencyKey }, from) => debits.query(from, idempotencyKey),
    })
    route({
      name: 'cancel',
      url: '/v1/debits/cancel',
      schema: debitKey,
      run: ({ idempotencyKey }, from) => debits.cancel(from, idempotencyKey),
    })
  })
  return { switches, start: server.start, stop: server.stop }
}
