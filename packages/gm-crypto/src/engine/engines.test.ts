import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBytes32 } from './reference/bigint.ts'
import { hex, toHex } from '../testing.ts'
import { grownSums, grownTables } from '../vectors/grown-numbers.ts'
import type { Engine } from './engine.ts'
import { jsEngine } from './js-engine.ts'
import { N } from './reference/curve-bigint.ts'
import { referenceEngine } from './reference/reference-engine.ts'
import { passesSelfTest } from './self-test.ts'
import { loadWasmEngine } from './wasm/wasm-engine.ts'

// `npm run test:long` sets this; the default keeps the whole suite quick.
const scale = Number(process.env['GM_CRYPTO_CASES'] ?? 1)
const runs = (count: number) => ({ numRuns: count * scale })

const engines: readonly Engine[] = [jsEngine, await loadWasmEngine()]

// Around every window boundary and both ends, where the digits of a scalar take their extreme values.
const edges = [
  1n,
  2n,
  3n,
  29n,
  31n,
  32n,
  33n,
  35n,
  58n,
  63n,
  64n,
  65n,
  69n,
  70n,
  71n,
  1n << 128n,
  1n << 252n,
  1n << 255n,
]
const edgeScalar = fc.constantFrom(...edges, ...edges.map((k) => N - k)).filter((k) => k >= 1n && k < N)
const anyScalar = fc.oneof(edgeScalar, fc.bigInt({ min: 1n, max: N - 1n }))
const scalar = anyScalar.map((k) => toBytes32(k))
const privateScalar = anyScalar.filter((k) => k < N - 1n).map((k) => toBytes32(k))
const bytes32 = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
  fc.constantFrom(0n, 1n, N - 1n, N, N + 1n, (1n << 256n) - 1n).map((k) => toBytes32(k)),
)
const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? 'none' : toHex(bytes))

describe.each(engines)('the $name engine', (engine) => {
  const equal = <T>(
    arbitrary: fc.Arbitrary<T>,
    count: number,
    compute: (engine: Engine, value: T) => string | boolean,
  ) =>
    fc.assert(
      fc.property(arbitrary, (value) => {
        expect(compute(engine, value)).toBe(compute(referenceEngine, value))
      }),
      runs(count),
    )

  it('passes the self-test it must pass to be used, and a broken engine does not', () => {
    expect(passesSelfTest(engine)).toBe(true)
    expect(passesSelfTest({ ...engine, verify: () => true })).toBe(false)
    expect(passesSelfTest({ ...engine, multiplyBase: (k) => engine.multiplyBase(k).toReversed() })).toBe(
      false,
    )
  })

  it('multiplies the base point as the reference does', () => {
    equal(scalar, 300, (e, k) => text(e.multiplyBase(k)))
  })

  it('multiplies the base point by 1 … 200 and n−1 … n−200 as the reference does', () => {
    for (let k = 1n; k <= 200n; k++) {
      for (const value of [k, N - k]) {
        expect(text(engine.multiplyBase(toBytes32(value)))).toBe(
          text(referenceEngine.multiplyBase(toBytes32(value))),
        )
      }
    }
  })

  it('multiplies any point, and sums, as the reference does, also where operands meet or cancel', () => {
    const base = referenceEngine.multiplyBase(toBytes32(1n))
    const point = anyScalar.map((k) => engine.multiplyBase(toBytes32(k)))
    equal(fc.tuple(scalar, point), 150, (e, [k, p]) => text(e.multiply(k, p)))
    equal(fc.tuple(scalar, point, point), 100, (e, [k, p, q]) => text(e.combine(p, k, q)))
    for (let k = 1n; k <= 40n; k++) {
      const [same, opposite] = [engine.multiplyBase(toBytes32(k)), engine.multiplyBase(toBytes32(N - k))]
      expect(text(engine.combine(same, toBytes32(k), base))).toBe(
        text(referenceEngine.multiplyBase(toBytes32(2n * k))),
      )
      expect(engine.combine(opposite, toBytes32(k), base)).toBe(undefined)
      expect(text(engine.multiply(toBytes32(k), base))).toBe(text(referenceEngine.multiplyBase(toBytes32(k))))
      expect(text(engine.multiply(toBytes32(N - k), base))).toBe(text(opposite))
    }
  })

  it('computes modulo n as the reference does', () => {
    equal(privateScalar, 150, (e, d) => text(e.signingInverse(d)))
    equal(fc.tuple(bytes32, bytes32, bytes32), 500, (e, [a, b, c]) => text(e.multiplyAdd(a, b, c)))
  })

  it('tells points from other pairs of numbers as the reference does', () => {
    equal(fc.tuple(bytes32, bytes32), 300, (e, [x, y]) => e.isOnCurve(Uint8Array.from([...x, ...y])))
    equal(scalar, 100, (e, k) => e.isOnCurve(referenceEngine.multiplyBase(k)))
    equal(fc.tuple(bytes32, fc.constantFrom(0, 1)), 300, (e, [x, parity]) => text(e.decompress(x, parity)))
  })

  it('signs as the reference does, for given nonces and for given random bytes', () => {
    const input = fc.record({ digest: bytes32, scalar: privateScalar, nonce: scalar, random: bytes32 })
    equal(input, 200, (e, { digest, scalar: d, nonce, random }) => {
      const inverse = e.signingInverse(d)
      const given = e.signWithNonce({ digest, scalar: d, inverse, nonce })
      return `${text(given)} ${text(e.sign({ digest, scalar: d, inverse, random }))}`
    })
  })

  it('accepts what the reference signs and nothing it refuses, with and without a table', () => {
    const input = fc.record({ digest: bytes32, scalar: privateScalar, nonce: scalar, flip: fc.nat(1023) })
    fc.assert(
      fc.property(input, ({ digest, scalar: d, nonce, flip }) => {
        const point = referenceEngine.multiplyBase(d)
        const inverse = referenceEngine.signingInverse(d)
        const signature = referenceEngine.signWithNonce({ digest, scalar: d, inverse, nonce })
        if (signature === undefined) return
        const verify = engine.verifier(point)
        expect(engine.verify(digest, signature, point)).toBe(true)
        expect(verify(digest, signature)).toBe(true)
        const wrong = Uint8Array.from(signature)
        wrong[(flip >> 3) % 64] = (wrong[(flip >> 3) % 64] ?? 0) ^ (1 << (flip & 7))
        // Wrong, unless small scalars meet: for d = 31 and k = n − 64, s ± 4 leads to 64·G, which has the same x.
        const expected = referenceEngine.verify(digest, wrong, point)
        expect(engine.verify(digest, wrong, point)).toBe(expected)
        expect(verify(digest, wrong)).toBe(expected)
      }),
      runs(40),
    )
  })

  it('accepts every signature it makes, each by a key of its own', () => {
    const cases = (engine.name === 'wasm' ? 4000 : 200) * scale
    let refused = 0
    for (let i = 0; i < cases; i++) {
      const digest = engine.sm3(Uint8Array.of(i, i >> 8, i >> 16))
      const d = engine.sm3(digest)
      d[0] = (d[0] ?? 0) & 0x7f
      const signature = engine.sign({
        digest,
        scalar: d,
        inverse: engine.signingInverse(d),
        random: engine.sm3(d),
      })
      if (!engine.verify(digest, signature, engine.multiplyBase(d))) refused++
    }
    expect(refused).toBe(0)
  })

  it.each(grownSums)('accepts signature $signature, on the way to which numbers grew', (grown) => {
    const [digest, signature] = [hex(grown.digest), hex(grown.signature)]
    const point = referenceEngine.multiplyBase(hex(grown.d))
    expect(referenceEngine.verify(digest, signature, point)).toBe(true)
    expect(engine.verify(digest, signature, point)).toBe(true)
    expect(engine.verifier(point)(digest, signature)).toBe(true)
  })

  it.each(grownTables)('makes a sound table of key %s, in which numbers grew', (grown) => {
    const d = hex(grown)
    const point = referenceEngine.multiplyBase(d)
    const signature = referenceEngine.signWithNonce({
      digest: d,
      scalar: d,
      inverse: referenceEngine.signingInverse(d),
      nonce: d,
    })
    expect(signature).toBeDefined()
    expect(signature && engine.verifier(point)(d, signature)).toBe(true)
  })

  it('judges made-up signatures with small numbers, where sums meet and cancel, as the reference does', () => {
    const small = fc.oneof(edgeScalar, fc.bigInt({ min: 0n, max: 80n }))
    const input = fc.record({ digest: bytes32, r: small, s: small, d: edgeScalar.filter((k) => k < N - 1n) })
    const verifiers = new Map<string, ReturnType<Engine['verifier']>>()
    const judge = (
      e: Engine,
      { digest, r, s, d }: { digest: Uint8Array; r: bigint; s: bigint; d: bigint },
    ) => {
      const point = e.multiplyBase(toBytes32(d))
      const signature = Uint8Array.from([...toBytes32(r), ...toBytes32(s)])
      // A table costs the JavaScript engine 25 ms; one for each of the few keys here is enough.
      const name = `${e.name} ${d}`
      const verify = verifiers.get(name) ?? e.verifier(point)
      verifiers.set(name, verify)
      return `${e.verify(digest, signature, point)} ${verify(digest, signature)}`
    }
    // The digest is chosen so that the equation holds for what s·G + t·P really is; an exceptional sum must not hide it.
    equal(input, 60, (e, { r, s, d, digest }) => {
      const sum = (s + (r + s) * d) % N
      const x =
        sum === 0n ? 0n : BigInt(`0x${toHex(referenceEngine.multiplyBase(toBytes32(sum)).subarray(0, 32))}`)
      const fitting = toBytes32((((r - x) % N) + N) % N)
      return `${judge(e, { digest: fitting, r, s, d })} ${judge(e, { digest, r, s, d })}`
    })
  })
})

it('both engines give the same for SM3, SM4 and GHASH over any length', () => {
  const [js, wasm] = engines
  if (js === undefined || wasm === undefined) throw new Error('two engines expected')
  const blocks = (data: Uint8Array) => data.slice(0, data.length - (data.length % 16))
  const input = fc.record({
    key: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    iv: fc.oneof(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.constant(new Uint8Array(16).fill(255))),
    data: fc.uint8Array({ maxLength: 700 }),
  })
  const all = (e: Engine, { key, iv, data }: { key: Uint8Array; iv: Uint8Array; data: Uint8Array }) => {
    const schedule = e.sm4Schedule(key)
    const [ecb, cbc, ctr, state] = [blocks(data), blocks(data), Uint8Array.from(data), Uint8Array.from(iv)]
    e.sm4Blocks(schedule, ecb, ecb)
    e.sm4CbcBlocks(schedule, iv, cbc, cbc)
    e.sm4Counter(schedule, iv, data, ctr)
    e.ghash(key, state, data)
    return [e.sm3(data), ecb, cbc, ctr, state].map(toHex).join(' ')
  }
  fc.assert(
    fc.property(input, (value) => {
      expect(all(wasm, value)).toBe(all(js, value))
    }),
    runs(1000),
  )
  const long = {
    key: new Uint8Array(16).fill(7),
    iv: new Uint8Array(16).fill(9),
    data: new Uint8Array(200_001).fill(5),
  }
  expect(all(wasm, long)).toBe(all(js, long))
})
