import { randomBytes, sm3, sm4Ctr, sm4GcmSeal } from '@anqu/gm-crypto'
import { jsEngine } from '@anqu/gm-crypto/engines'
import smCrypto from 'sm-crypto'
import { sm3 as sm3V2, sm4 as sm4V2 } from 'sm-crypto-v2'
import { compare } from './measure.ts'
import { nativeCounter, nativeSm3 } from './native.ts'
import type { Group } from './report.ts'

const sizes = [64, 1024, 65_536] as const
const label = (bytes: number) => (bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KiB`)

function sm3Group(bytes: number): Group {
  const data = randomBytes(bytes)
  return {
    title: `SM3, ${label(bytes)}`,
    bytes,
    timings: compare([
      { name: 'gm-crypto', run: () => sm3(data) },
      { name: 'gm-crypto, JavaScript engine', run: () => jsEngine.sm3(data) },
      ...nativeSm3(data),
      { name: 'sm-crypto', run: () => smCrypto.sm3(data) },
      { name: 'sm-crypto-v2', run: () => sm3V2(data) },
    ]),
    targets: [{ ours: 'gm-crypto', peers: ['Node native'], ratio: bytes === 64 ? 2 : 1 }],
  }
}

function counterGroup(bytes: number): Group {
  const [data, key, iv] = [randomBytes(bytes), randomBytes(16), randomBytes(16)]
  return {
    title: `SM4-CTR, ${label(bytes)}`,
    bytes,
    timings: compare([
      { name: 'gm-crypto', run: () => sm4Ctr(key, iv, data) },
      ...nativeCounter(key, iv, data),
    ]),
    targets: bytes === 65_536 ? [{ ours: 'gm-crypto', peers: ['Node native'], ratio: 1.1 }] : [],
  }
}

function gcmGroup(bytes: number): Group {
  const [data, key, nonce] = [randomBytes(bytes), randomBytes(16), randomBytes(12)]
  const options = { mode: 'gcm', iv: nonce, output: 'array', outputTag: true } as const
  return {
    title: `SM4-GCM, ${label(bytes)}`,
    bytes,
    timings: compare([
      { name: 'gm-crypto', run: () => sm4GcmSeal(key, nonce, data) },
      { name: 'sm-crypto-v2', run: () => sm4V2.encrypt(data, key, options) },
    ]),
    targets: [{ ours: 'gm-crypto', peers: ['sm-crypto-v2'], ratio: 2.5 }],
  }
}

/** The makers of the SM3 and SM4 tables. */
export function symmetricGroups(): (() => Group)[] {
  return [sm3Group, counterGroup, gcmGroup].flatMap((make) => sizes.map((bytes) => () => make(bytes)))
}
