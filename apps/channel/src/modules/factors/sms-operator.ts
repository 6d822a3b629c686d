import { Refusal } from '@anqu/contract'
import type { SendSms } from './otp.ts'

const timeoutMs = 5_000

/** Sends messages through the operator's HTTP interface. A message the operator did not take is a refusal, not a loss. */
export const createSmsOperator =
  (url: string): SendSms =>
  async (message) => {
    try {
      const response = await fetch(`${url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(message),
        signal: AbortSignal.timeout(timeoutMs),
      })
      await response.arrayBuffer()
      if (!response.ok) throw new Refusal('server.unavailable', `SMS operator answered ${response.status}`)
    } catch (error) {
      if (error instanceof Refusal) throw error
      throw new Refusal(
        'server.unavailable',
        `SMS operator: ${error instanceof Error ? error.name : 'unknown'}`,
      )
    }
  }
