import { buildCertificate, parseCsr, privateKeySigner } from '@anqu/pki'
import { bytesToHex } from '@anqu/encoding'
import { randomBytes, sm3, Sm2PrivateKey } from '@anqu/gm-crypto'
import { uuidv7, type Clock } from '@anqu/platform'
import type { BoundRoute, RequestContext } from '../http/bound-route.ts'
import type { AuditEvent, AuditLog } from '../needs/audit.ts'

const dayMs = 86_400_000

/** Migration sets of modules, by their names. */
export const migrationsOf = (...modules: readonly string[]) =>
  modules.map((module) => ({
    module,
    directory: new URL(`../modules/${module}/store/migrations/`, import.meta.url),
  }))

/** An authority of one key that certifies whatever server key is asked for. */
export function testCertify(clock: Clock): (csr: Uint8Array, purpose: string) => Promise<Uint8Array[]> {
  const root = Sm2PrivateKey.generate()
  return async (csr) => {
    const request = parseCsr(csr)
    const leaf = await buildCertificate({
      serial: randomBytes(8).fill(1, 0, 1),
      subject: request.subject,
      publicKey: request.publicKey,
      notBeforeMs: clock.nowMs() - dayMs,
      notAfterMs: clock.nowMs() + 365 * dayMs,
      issuer: 'self',
      signer: privateKeySigner(root),
      extensions: { basicConstraints: { ca: false }, keyUsage: ['digitalSignature', 'keyAgreement'] },
    })
    return [leaf]
  }
}

/** An audit log that keeps what it is told. */
export function recordingAudit(): AuditLog & { readonly events: AuditEvent[] } {
  const events: AuditEvent[] = []
  return {
    events,
    record: async (event) => void events.push(event),
    recordIn: async (_tx, event) => void events.push(event),
  }
}

export type TestContext = RequestContext & { readonly tokens: (string | null)[] }

/** One installation with a key of its own, logged in as somebody or not. */
export function installation(
  who: Partial<Pick<RequestContext, 'customer' | 'staff'>> = {},
  key = Sm2PrivateKey.generate(),
): TestContext {
  const tokens: (string | null)[] = []
  const clientKeyId = bytesToHex(sm3(key.publicKey.bytes).subarray(0, 16))
  return {
    tokens,
    correlationId: uuidv7(),
    clientKeyId,
    clientKey: key.publicKey.bytes,
    origin: `${clientKeyId}@test`,
    customer: null,
    staff: null,
    setSession: (session) => void tokens.push(session?.token ?? null),
    ...who,
  }
}

/** The same installation, logged in. */
export const loggedIn = (
  context: TestContext,
  accountId: string,
  deviceId: string | null = null,
): TestContext => ({
  ...context,
  customer: { sessionId: uuidv7(), accountId, deviceId, environmentHash: '' },
})

/** Calls a bound route as HTTP does: input parsed by its schema, output checked against it. */
export async function call<T>(
  routes: readonly BoundRoute[],
  name: string,
  input: object,
  context: RequestContext = installation(),
): Promise<T> {
  const bound = routes.find(({ route }) => route.name === name)
  if (bound === undefined) throw new Error(`no route ${name}`)
  const output = await bound.handle(bound.route.input.parse(input), context)
  return bound.route.output.parse(output) as T // the caller names the route's output
}
