import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { base64ToBytes, bytesToBase64, bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { randomBytes, sm2Sign, sm2Verify, Sm2PrivateKey } from '@anqu/gm-crypto'
import { createCsr, parseCertificate, privateKeySigner } from '@anqu/pki'
import { answerBytes, callHeaders, requestBytes, silentLog, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { anchorsAnswer, protocol, type issueAnswer } from '../api/index.ts'
import type { z } from 'zod'
import { createAuthority, type Authority } from '../authority.ts'

/** What certificates say about where lists and answers are found; tests ask the same paths of `world.url`. */
export const caTestUrl = 'http://ca.example'

type Issued = z.infer<typeof issueAnswer>
export type Signed = { headers: Record<string, string>; bytes: Uint8Array }

/** A certification authority on a database and folder of its own, and a caller it knows. */
export class CaWorld {
  readonly clock = new FakeClock(1_790_000_000_000)
  readonly caller = Sm2PrivateKey.generate()
  readonly database: TestDatabase
  readonly folder: string
  #running: { authority: Authority; url: string } | undefined

  private constructor(database: TestDatabase, folder: string) {
    this.database = database
    this.folder = folder
  }

  static async open(): Promise<CaWorld> {
    const folder = await mkdtemp(path.join(tmpdir(), 'anqu-ca-'))
    const world = new CaWorld(await testDatabase(), folder)
    await mkdir(path.join(folder, 'callers'))
    for (const name of ['channel', 'other'])
      await writeFile(path.join(folder, 'callers', `${name}.pub`), bytesToHex(world.caller.publicKey.bytes))
    await world.start()
    return world
  }

  async start({ publicUrl = caTestUrl } = {}): Promise<void> {
    const authority = await createAuthority({
      db: this.database.db,
      clock: this.clock,
      log: silentLog,
      dataDir: this.folder,
      callersDir: path.join(this.folder, 'callers'),
      listen: { host: '127.0.0.1', port: 0 },
      profile: 'demo',
      publicUrl,
      crlShards: 2,
    })
    this.#running = { authority, url: await authority.start() }
  }

  get authority(): Authority {
    if (this.#running === undefined) throw new Error('not started')
    return this.#running.authority
  }

  get url(): string {
    return this.#running?.url ?? ''
  }

  async close(): Promise<void> {
    await this.authority.stop()
    await this.database.drop()
    await rm(this.folder, { recursive: true })
  }

  async anchors(): Promise<z.infer<typeof anchorsAnswer>> {
    return anchorsAnswer.parse(await (await fetch(`${this.url}/v1/anchors`)).json())
  }

  sign(route: string, body: object, caller = 'channel'): Signed {
    const bytes = utf8ToBytes(JSON.stringify(body))
    const [timestamp, nonce] = [String(this.clock.nowMs()), bytesToHex(randomBytes(16))]
    const signature = sm2Sign(
      this.caller,
      requestBytes(protocol, { path: route, caller, timestamp, nonce }, bytes),
    )
    return {
      bytes,
      headers: {
        [callHeaders.caller]: caller,
        [callHeaders.timestamp]: timestamp,
        [callHeaders.nonce]: nonce,
        [callHeaders.signature]: bytesToBase64(signature),
      },
    }
  }

  /** A signed call whose signed answer is checked. */
  async call<T>(route: string, body: object, caller = 'channel'): Promise<T> {
    const request = this.sign(route, body, caller)
    const response = await fetch(`${this.url}${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...request.headers },
      body: new Uint8Array(request.bytes),
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    const service = parseCertificate(base64ToBytes((await this.anchors()).service))
    const requestSignature = request.headers[callHeaders.signature] ?? ''
    const signed = answerBytes(protocol, { status: response.status, requestSignature }, bytes)
    const signature = base64ToBytes(response.headers.get(callHeaders.signature) ?? '')
    if (!sm2Verify(service.publicKey, signed, signature))
      throw new Error('the answer is not signed by the CA')
    return JSON.parse(new TextDecoder().decode(bytes)) as T // the test names the answer
  }

  async order(key: Sm2PrivateKey, owner = newOwner(), change: object = {}): Promise<object> {
    return {
      idempotencyKey: `bind:${uuidv7()}`,
      csr: await csrFor(key, owner.terminalId),
      holder: owner.accountId,
      correlationId: uuidv7(),
      ...owner,
      ...change,
    }
  }

  async issue(key = Sm2PrivateKey.generate(), owner = newOwner(), change: object = {}): Promise<Issued> {
    return this.call<Issued>('/v1/certificates', await this.order(key, owner, change))
  }
}

export const newOwner = (): { accountId: string; terminalId: string } => ({
  accountId: uuidv7(),
  terminalId: uuidv7(),
})

export const csrFor = async (key: Sm2PrivateKey, common: string): Promise<string> =>
  bytesToBase64(await createCsr({ key: privateKeySigner(key), subject: [{ type: 'CN', value: common }] }))
