import type { Sm2PrivateKey } from '@anqu/gm-crypto'
import { buildCertificate, privateKeySigner, randomSerial } from '@anqu/pki'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryChannelStore, createMessageServer } from './index.ts'
import { CLIENT_FINISH_BYTES, CLIENT_HELLO_BYTES } from './hello-messages.ts'
import {
  certified,
  createWorld,
  keyNamed,
  ROUTE,
  SERVER_NAME,
  START_MS,
  text,
} from './testing/test-parties.ts'

const refusal = (code: string): Error => expect.objectContaining({ name: 'MessageError', code })

describe('handshake', () => {
  it('gives both sides a channel on which each knows the key of the other', async () => {
    const { server, leaf, instanceKey, newChannel } = await createWorld()
    const channel = await newChannel()
    const { record, sequence } = channel.seal(ROUTE, text('pay'))
    const opened = await server.open(channel.idHex, ROUTE, record)
    expect(opened.plaintext).toEqual(text('pay'))
    expect(opened.sequence).toBe(1n)
    expect(opened.clientKey.equals(instanceKey.publicKey)).toBe(true)
    expect(channel.serverPublicKey.equals(leaf.key.publicKey)).toBe(true)
    expect(channel.open(ROUTE, sequence, opened.seal(text('paid')))).toEqual(text('paid'))
  })

  it('has hello and finish of fixed size', async () => {
    const { server, newClient } = await createWorld()
    const client = newClient()
    const hello = client.hello()
    expect(hello).toHaveLength(CLIENT_HELLO_BYTES)
    expect(client.finish(await server.hello(hello)).finish).toHaveLength(CLIENT_FINISH_BYTES)
  })

  it('answers a hello once', async () => {
    const { server, newClient } = await createWorld()
    const hello = newClient().hello()
    await server.hello(hello)
    await expect(server.hello(hello)).rejects.toEqual(refusal('message.replayed'))
  })

  it('answers a hello once even when two copies arrive together', async () => {
    const { server, newClient } = await createWorld()
    const hello = newClient().hello()
    const results = await Promise.allSettled([server.hello(hello), server.hello(hello), server.hello(hello)])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('still refuses a replayed hello at the last moment its time would be accepted', async () => {
    const { server, newClient, clock } = await createWorld()
    const hello = newClient().hello()
    clock.pass(-300_000)
    await server.hello(hello)
    clock.pass(600_000)
    await expect(server.hello(hello)).rejects.toEqual(refusal('message.replayed'))
    clock.pass(1)
    await expect(server.hello(hello)).rejects.toEqual(refusal('message.stale'))
  })

  it('refuses a hello from the past or the future', async () => {
    const { server, newClient, clock } = await createWorld()
    const hello = newClient().hello()
    for (const ms of [300_001, -600_002]) {
      clock.pass(ms)
      await expect(server.hello(hello)).rejects.toEqual(refusal('message.stale'))
    }
  })

  it('accepts a finish once, and a closed channel stays closed', async () => {
    const { server, newClient } = await createWorld()
    const client = newClient()
    const { finish, channel } = client.finish(await server.hello(client.hello()))
    await server.finish(finish)
    await expect(server.finish(finish)).rejects.toEqual(refusal('message.replayed'))
    await server.close(channel.idHex)
    await expect(server.finish(finish)).rejects.toEqual(refusal('message.unknown-channel'))
  })

  it('takes no record before the finish', async () => {
    const { server, newClient } = await createWorld()
    const client = newClient()
    const { channel } = client.finish(await server.hello(client.hello()))
    const { record } = channel.seal(ROUTE, text('early'))
    await expect(server.open(channel.idHex, ROUTE, record)).rejects.toEqual(
      refusal('message.unknown-channel'),
    )
  })

  it('forgets a handshake that is not finished in time', async () => {
    const { server, newClient, clock } = await createWorld()
    const client = newClient()
    const { finish } = client.finish(await server.hello(client.hello()))
    clock.pass(30_000)
    await expect(server.finish(finish)).rejects.toEqual(refusal('message.unknown-channel'))
  })

  it('refuses a server answer with any bit changed', async () => {
    const { server, newClient } = await createWorld()
    const client = newClient()
    const answer = await server.hello(client.hello())
    // A hello serves one answer, so each try needs a handshake; the layout is the same every time.
    await fc.assert(
      fc.asyncProperty(fc.nat(answer.length * 8 - 1), async (bit) => {
        const fresh = newClient()
        const changed = await server.hello(fresh.hello())
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(() => fresh.finish(changed)).toThrow(expect.objectContaining({ name: 'MessageError' }))
      }),
      { numRuns: 60 },
    )
  })

  it('ends in failure when any bit of the hello was changed on the way', async () => {
    const { server, newClient } = await createWorld()
    await fc.assert(
      fc.asyncProperty(fc.nat(CLIENT_HELLO_BYTES * 8 - 1), async (bit) => {
        const client = newClient()
        const hello = client.hello()
        hello[bit >> 3] = (hello[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const handshake = server.hello(hello).then((answer) => client.finish(answer))
        await expect(handshake).rejects.toMatchObject({ name: 'MessageError' })
      }),
      { numRuns: 60 },
    )
  })

  it('refuses a finish with any bit changed', async () => {
    const { server, newClient } = await createWorld()
    const client = newClient()
    const { finish } = client.finish(await server.hello(client.hello()))
    for (let bit = 0; bit < CLIENT_FINISH_BYTES * 8; bit += 1) {
      const changed = finish.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      await expect(server.finish(changed)).rejects.toMatchObject({ name: 'MessageError' })
    }
    await expect(server.finish(finish)).resolves.toHaveLength(0)
  })

  it('refuses truncated and lengthened messages', async () => {
    const { server, newClient } = await createWorld()
    const client = newClient()
    const hello = client.hello()
    const longer = (bytes: Uint8Array): Uint8Array => Uint8Array.of(...bytes, 0)
    for (const bytes of [new Uint8Array(0), hello.subarray(0, -1), longer(hello), new Uint8Array(1e6)])
      await expect(server.hello(bytes)).rejects.toEqual(refusal('message.malformed'))
    const answer = await server.hello(hello)
    for (const bytes of [new Uint8Array(0), answer.subarray(0, -1), longer(answer), new Uint8Array(1e6)]) {
      const other = newClient()
      other.hello()
      expect(() => other.finish(bytes)).toThrow(refusal('message.malformed'))
    }
    const { finish } = client.finish(answer)
    for (const bytes of [new Uint8Array(0), finish.subarray(0, -1), longer(finish)])
      await expect(server.finish(bytes)).rejects.toEqual(refusal('message.malformed'))
  })

  it('never answers arbitrary bytes with anything but a refusal', async () => {
    const { server } = await createWorld()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        await expect(server.hello(bytes)).rejects.toMatchObject({ name: 'MessageError' })
        await expect(server.finish(bytes)).rejects.toMatchObject({ name: 'MessageError' })
        await expect(server.open('0'.repeat(32), ROUTE, bytes)).rejects.toMatchObject({
          name: 'MessageError',
        })
      }),
    )
  })

  it('needs a hello for every finish', async () => {
    const { server, newClient } = await createWorld()
    const client = newClient()
    const answer = await server.hello(client.hello())
    client.finish(answer)
    expect(() => client.finish(answer)).toThrow('needs a hello()')
  })

  it('lets a server shorten the life of a channel but not lengthen it', async () => {
    const longLived = await createWorld({ channelMs: 3_600_000 })
    const channel = await longLived.newChannel()
    longLived.clock.pass(600_000)
    expect(channel.expired()).toBe(true)
    const shortLived = await createWorld({ channelMs: 1000 })
    const other = await shortLived.newChannel()
    shortLived.clock.pass(1000)
    expect(other.expired()).toBe(true)
  })

  it('starts only with a certificate of its own key and with limits that limit', async () => {
    const { leaf, clock } = await createWorld()
    const store = createMemoryChannelStore(clock)
    const chain = [leaf.certificate.raw]
    expect(() => createMessageServer({ chain, key: keyNamed('other'), clock, store })).toThrow(
      'does not certify',
    )
    for (const limits of [{ windowMs: 0 }, { channelMs: 1e12 }, { channelMessages: 1.5 }])
      expect(() => createMessageServer({ chain, key: leaf.key, clock, store, limits })).toThrow(RangeError)
  })
})

describe('an untrusted server', () => {
  const meet = async (
    world: Awaited<ReturnType<typeof createWorld>>,
    party: { key: Sm2PrivateKey; chain: Uint8Array[] },
  ): Promise<unknown> => {
    const { clock } = world
    const impostor = createMessageServer({ ...party, clock, store: createMemoryChannelStore(clock) })
    const client = world.newClient()
    return client.finish(await impostor.hello(client.hello()))
  }
  const untrusted = refusal('message.untrusted-server')

  it('with a certificate of a foreign root is refused', async () => {
    const world = await createWorld()
    const root = await certified('Foreign Root')
    const leaf = await certified(SERVER_NAME, root)
    await expect(meet(world, { key: leaf.key, chain: [leaf.certificate.raw] })).rejects.toEqual(untrusted)
  })

  it('with a genuine certificate for another name is refused', async () => {
    const world = await createWorld()
    const leaf = await certified('other.channel.test', world.root)
    await expect(meet(world, { key: leaf.key, chain: [leaf.certificate.raw] })).rejects.toEqual(untrusted)
  })

  it('with a certificate made for something else than a server is refused', async () => {
    const world = await createWorld()
    const purposes = [
      { keyUsage: ['digitalSignature'], extKeyUsage: ['1.3.6.1.5.5.7.3.1'] },
      { keyUsage: ['keyAgreement'], extKeyUsage: ['1.3.6.1.5.5.7.3.2'] },
    ] as const
    for (const purpose of purposes) {
      const extensions = { ...purpose, subjectAltNames: [{ kind: 'dns', value: SERVER_NAME }] as const }
      const leaf = await certified(SERVER_NAME, world.root, { extensions })
      await expect(meet(world, { key: leaf.key, chain: [leaf.certificate.raw] })).rejects.toEqual(untrusted)
    }
  })

  it('with an expired certificate is refused', async () => {
    const world = await createWorld()
    const leaf = await certified(SERVER_NAME, world.root, { notAfterMs: START_MS - 1000 })
    await expect(meet(world, { key: leaf.key, chain: [leaf.certificate.raw] })).rejects.toEqual(untrusted)
  })

  it('that shows the genuine certificate without its key is refused', async () => {
    const world = await createWorld()
    // The impostor agrees with its own key and swaps the certificate in the answer.
    const own = await certified('impostor.test', world.root)
    const clock = world.clock
    const impostor = createMessageServer({
      chain: [own.certificate.raw],
      key: own.key,
      clock,
      store: createMemoryChannelStore(clock),
    })
    const client = world.newClient()
    const answer = await impostor.hello(client.hello())
    const genuine = world.leaf.certificate.raw
    const beforeChain = answer.subarray(0, 2 + 16 + 32 + 8 + 12 + 65 + 1)
    const swapped = Uint8Array.of(
      ...beforeChain,
      genuine.length >> 8,
      genuine.length & 0xff,
      ...genuine,
      ...answer.subarray(-32),
    )
    expect(() => client.finish(swapped)).toThrow(refusal('message.tampered'))
  })

  it('that answers with the hello of another handshake is refused', async () => {
    const { server, newClient } = await createWorld()
    const [first, second] = [newClient(), newClient()]
    const answer = await server.hello(first.hello())
    second.hello()
    expect(() => second.finish(answer)).toThrow(refusal('message.tampered'))
  })

  it('that certified the key of the client itself is refused', async () => {
    const world = await createWorld()
    const { root, instanceKey } = world
    const mirrored = await buildCertificate({
      serial: randomSerial(),
      subject: [{ type: 'CN', value: SERVER_NAME }],
      publicKey: instanceKey.publicKey,
      notBeforeMs: START_MS - 1000,
      notAfterMs: START_MS + 1_000_000,
      issuer: root.certificate,
      signer: privateKeySigner(root.key),
      extensions: {
        keyUsage: ['keyAgreement'],
        extKeyUsage: ['1.3.6.1.5.5.7.3.1'],
        subjectAltNames: [{ kind: 'dns', value: SERVER_NAME }],
      },
    })
    await expect(meet(world, { key: instanceKey, chain: [mirrored] })).rejects.toEqual(
      refusal('message.malformed'),
    )
  })
})
