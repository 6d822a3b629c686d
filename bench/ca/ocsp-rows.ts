import { hexToBytes } from '@anqu/encoding'
import { certIdOf, createOcspRequest, ocspRequestToPath, type Certificate } from '@anqu/pki'
import { startChildServer, type ChildServer } from './child-server.ts'
import { load, wireRequest, type WireRequest } from './load.ts'
import { median, type Measured, type Ratio } from './ratio.ts'

const rounds = 7
const requestsEachRound = 6_000
const freshEachRound = 3_000
const type = 'application/ocsp-request'

export type OcspQuestion = {
  readonly authority: ChildServer
  readonly issuer: Certificate
  /** Certificates the CA issued, as many as there are rounds of fresh answers. */
  readonly serials: readonly string[]
}

export const serialsNeeded = 1 + rounds * freshEachRound

type Contender = { readonly server: ChildServer; readonly requests: (round: number) => WireRequest[] }

/** In turns, so that what else the machine does falls on all alike; medians of rate and of the server's processor time. */
async function inTurns(contenders: readonly Contender[]): Promise<Measured[]> {
  const runs = contenders.map(() => ({ rates: [] as number[], cpu: [] as number[] }))
  for (let round = 0; round < rounds; round += 1)
    for (const [index, { server, requests }] of contenders.entries()) {
      const wire = requests(round)
      const before = await server.cpuMicros()
      runs[index]?.rates.push(await load(server.url, wire))
      runs[index]?.cpu.push(((await server.cpuMicros()) - before) / wire.length)
    }
  return runs.map(({ rates, cpu }) => ({ perSecond: median(rates), cpuMicros: median(cpu) }))
}

/** Cached answers beside a bare route, fresh ones beside a bare route with one signature. */
export async function ocspRows({ authority, issuer, serials }: OcspQuestion): Promise<Ratio[]> {
  const question = (serial: string): Uint8Array =>
    createOcspRequest({ certIds: [certIdOf(issuer, hexToBytes(serial))] })
  const [first = '', ...fresh] = serials
  const path = ocspRequestToPath(question(first))
  const probe = await fetch(`${authority.url}/ocsp/${path}`)
  const answerBytes = (await probe.arrayBuffer()).byteLength
  const floor = await startChildServer('./floor-server.js', [String(answerBytes)])
  try {
    const get = (route: string) => () =>
      Array.from({ length: requestsEachRound }, () => wireRequest('GET', `${route}/${path}`))
    const post = (route: string) => (round: number) =>
      fresh
        .slice(round * freshEachRound, (round + 1) * freshEachRound)
        .map((serial) => wireRequest('POST', route, question(serial), type))
    const [bare, cached] = await inTurns([
      { server: floor, requests: get('/bare') },
      { server: authority, requests: get('/ocsp') },
    ])
    const [signed, made] = await inTurns([
      { server: floor, requests: post('/bare-signed') },
      { server: authority, requests: post('/ocsp') },
    ])
    if (!bare || !cached || !signed || !made) throw new Error('nothing was measured')
    return [
      {
        title: `Status answers (OCSP), ${answerBytes} bytes, 64 connections`,
        unit: 'answers',
        floor: { name: 'bare Fastify route, GET', ...bare },
        ours: { name: 'cached answer, GET (RFC 5019)', ...cached },
        mark: 0.7,
      },
      {
        title: 'Status answers made anew, each about another certificate nobody asked about before',
        unit: 'answers',
        floor: { name: 'bare Fastify route and one bare SM2 signature, POST', ...signed },
        ours: { name: 'fresh answer: read, signed, POST', ...made },
        mark: 0.6,
      },
    ]
  } finally {
    await floor.stop()
  }
}
