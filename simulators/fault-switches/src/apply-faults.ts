import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FaultSwitches } from './fault-switches.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Call {
  /** The name by which faults choose their calls. */
  readonly name: string
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** Does the work and commits it. `lost` asks to accept without doing. */
  readonly work: (how: {
    readonly lost: boolean
    readonly wrongSignature: boolean
    readonly wrongAmount: boolean
  }) => Promise<Answer>
}

const lastAnswers = new WeakMap<FaultSwitches, Answer>()

async function pauseUnlessGone(request: FastifyRequest, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    request.raw.socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function breakOff({ request, reply }: Call): FastifyReply {
  reply.hijack()
  request.raw.socket.destroy()
  return reply
}

/** Answers one call, with whatever faults are switched on for it. */
export async function applyFaults(switches: FaultSwitches, call: Call): Promise<FastifyReply> {
  const met = switches.meet(call.name)
  if (met.has('down')) return breakOff(call)
  const slow = met.get('slow')
  if (slow !== undefined) await pauseUnlessGone(call.request, slow.delayMs)
  let answer = await call.work({
    lost: met.has('lost'),
    wrongSignature: met.has('wrong-signature'),
    wrongAmount: met.has('wrong-amount'),
  })
  const before = lastAnswers.get(switches)
  lastAnswers.set(switches, answer)
  if (met.has('stale-answer') && before !== undefined) answer = before
  const silence = met.get('timeout-after-commit')
  if (silence !== undefined) {
    await pauseUnlessGone(call.request, silence.delayMs)
    return breakOff(call)
  }
  if (met.has('duplicate-answer')) return answerTwice(call, answer)
  return call.reply.code(answer.status).headers(answer.headers).send(answer.body)
}

function answerTwice({ request, reply }: Call, answer: Answer): FastifyReply {
  reply.hijack()
  const headers = { ...answer.headers, 'content-length': String(Buffer.byteLength(answer.body)) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const whole = `HTTP/1.1 ${answer.status} OK\r\n${lines.join('')}\r\n${answer.body}`
  request.raw.socket.end(whole + whole)
  return reply
}
