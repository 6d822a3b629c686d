import { Refused } from '@anqu/client'

/** Something a member of staff must be told, with the id by which the log finds it. */
export type Problem = {
  readonly code: string
  readonly zh: string
  readonly en: string
  readonly correlationId?: string
}

export function toProblem(error: unknown): Problem {
  if (error instanceof Refused)
    return { code: error.code, zh: error.zh, en: error.en, correlationId: error.correlationId }
  return {
    code: 'client.offline',
    zh: '没有收到服务器的回应，请重试',
    en: 'No answer arrived; please try again',
  }
}

export const endsSession = (problem: Problem): boolean => problem.code.startsWith('session.')
