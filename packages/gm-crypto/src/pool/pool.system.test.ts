import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sm2Exchange, Sm2PrivateKey, sm2Sign, sm2Verify } from '../index.ts'
import type { GmPool, PooledKey } from './pool.ts'

// Workers run built files; so the pool is the built one, and everything it answers is judged by the sources.
const built = new URL('../../dist/', import.meta.url).href
const message = new TextEncoder().encode('message digest')

let library: typeof import('../index.ts')
let createGmPool: (typeof import('./pool.ts'))['createGmPool']
let pool: GmPool
let key: import('../index.ts').Sm2PrivateKey
let pooled: PooledKey
const refused = (code: string): Error => expect.objectContaining({ code })

beforeAll(async () => {
  // The built twins of the two modules whose types stand above.
  library = (await import(`${built}index.js`)) as typeof library
  ;({ createGmPool } = (await import(`${built}pool/index.js`)) as typeof import('./index.ts'))
  pool = createGmPool({ workers: 2 })
  key = library.Sm2PrivateKey.generate()
  pooled = pool.useKey(key)
})
afterAll(() => pool.close())

const here = (): Sm2PrivateKey => Sm2PrivateKey.fromBytes(key.exportBytes())

describe('the worker pool', () => {
  it('signs so that everybody verifies, many jobs at a time and in the order they were given', async () => {
    const texts = Array.from({ length: 200 }, (_, i) => Uint8Array.of(i, i >> 8))
    const signatures = await Promise.all(texts.map((text) => pooled.sign(text)))
    for (const [i, text] of texts.entries())
      expect(sm2Verify(here().publicKey, text, signatures[i] ?? new Uint8Array())).toBe(true)
  })

  it('verifies what is right and refuses what is not', async () => {
    const claim = { publicKey: key.publicKey, message, signature: sm2Sign(here(), message) }
    expect(await pool.verify(claim)).toBe(true)
    expect(await pool.verify({ ...claim, message: Uint8Array.of(1) })).toBe(false)
    const der = sm2Sign(here(), message, { format: 'der', id: 'somebody' })
    expect(await pool.verify({ ...claim, signature: der }, { format: 'der', id: 'somebody' })).toBe(true)
  })

  it('agrees on the key that the other side computes', async () => {
    const [peer, peerEphemeral] = [Sm2PrivateKey.generate(), Sm2PrivateKey.generate()]
    const ephemeral = library.Sm2PrivateKey.generate()
    const publicOf = (one: Sm2PrivateKey) => library.Sm2PublicKey.fromBytes(one.publicKey.bytes)
    const agreed = await pooled.agree({
      role: 'responder',
      peer: publicOf(peer),
      peerEphemeral: publicOf(peerEphemeral),
      ephemeral,
      selfId: 'server',
      peerId: 'client',
      keyLength: 32,
    })
    const self = here()
    const theirs = sm2Exchange({
      role: 'initiator',
      self: peer,
      peer: self.publicKey,
      selfId: 'client',
      peerId: 'server',
      ephemeral: peerEphemeral,
    }).agree(Sm2PrivateKey.fromBytes(ephemeral.exportBytes()).publicKey, 32)
    expect(Array.from(agreed.key)).toEqual(Array.from(theirs.key))
    expect(Array.from(agreed.confirmSend)).toEqual(Array.from(theirs.confirmExpect))
  })

  it('passes a refusal on with its code', async () => {
    const outside = { ...key.publicKey, bytes: new Uint8Array(65) }
    const claim = { publicKey: outside as unknown as typeof key.publicKey, message, signature: message } // no point
    await expect(pool.verify(claim)).rejects.toThrow(refused('gm.invalid-public-key'))
  })

  it('refuses more jobs than may wait, and does those it took', async () => {
    const small = createGmPool({ workers: 1, maxWaiting: 5 })
    const signer = small.useKey(key)
    const settled = await Promise.allSettled(Array.from({ length: 8 }, () => signer.sign(message)))
    expect(settled.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 5 }, () => 'fulfilled'),
      ...Array.from({ length: 3 }, () => 'rejected'),
    ])
    expect(settled.at(-1)).toMatchObject({ reason: { code: 'gm.busy' } })
    await small.close()
  })

  it('gives up a waiting job when its signal says so', async () => {
    const abort = new AbortController()
    const job = pooled.sign(message, { signal: abort.signal })
    abort.abort(new Error('nobody waits any more'))
    await expect(job).rejects.toThrow('nobody waits any more')
    expect(sm2Verify(here().publicKey, message, await pooled.sign(message))).toBe(true)
  })

  it('fails the jobs of a worker that is lost, replaces it with its keys, and goes on', async () => {
    const alone = createGmPool({ workers: 1 })
    const signer = alone.useKey(key)
    // Not bytes: no caller in TypeScript can do this; it stands for a fault that ends a worker.
    const fatal = signer.sign(null as unknown as Uint8Array)
    await expect(fatal).rejects.toThrow(refused('gm.worker-lost'))
    expect(sm2Verify(here().publicKey, message, await signer.sign(message))).toBe(true)
    await alone.close()
  })

  it('signs no more with a key it was told to forget, nor after it was closed', async () => {
    const other = createGmPool({ workers: 1 })
    const signer = other.useKey(key)
    await signer.sign(message)
    signer.forget()
    await expect(signer.sign(message)).rejects.toThrow(refused('gm.wiped'))
    const waiting = expect(
      other.verify({ publicKey: key.publicKey, message, signature: message }),
    ).rejects.toThrow(/closed|ended/)
    await other.close()
    await waiting
    await expect(other.verify({ publicKey: key.publicKey, message, signature: message })).rejects.toThrow(
      refused('gm.closed'),
    )
  })
})
