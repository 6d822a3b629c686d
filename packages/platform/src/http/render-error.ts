import { TransportError, type TransportProblem } from './transport-error.ts'

/** An answer in place of the one that was asked for. */
export interface RenderedError {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Renders the errors a program knows (its catalogue of refusals); undefined leaves the error to the platform. */
export type ErrorRenderer = (error: unknown, correlationId: string) => RenderedError | undefined

const texts: Readonly<Record<TransportProblem, readonly [status: number, zh: string, en: string]>> = {
  malformed: [400, '请求格式不正确', 'The request cannot be read'],
  invalid: [400, '请求内容不符合要求', 'The request has a wrong field'],
  'too-large': [413, '请求内容过大', 'The request is too large'],
  'unsupported-type': [415, '不支持的内容类型', 'This content type is not supported'],
  'not-found': [404, '没有这个地址', 'There is nothing at this address'],
  'method-not-allowed': [405, '不支持的请求方法', 'This method is not supported'],
  timeout: [408, '请求超时', 'The request took too long'],
  unavailable: [503, '服务暂不可用，请稍后再试', 'The service is not available; try again later'],
}

/** The platform's own texts for transport errors; undefined for any other error. */
export const renderTransportError: ErrorRenderer = (error, correlationId) => {
  if (!(error instanceof TransportError)) return undefined
  const [status, zh, en] = texts[error.problem]
  return { status, body: { error: { code: `transport.${error.problem}`, zh, en, correlationId } } }
}

/** The one answer for a bug: nothing about its cause. */
export const renderBug = (correlationId: string): RenderedError => ({
  status: 500,
  body: {
    error: {
      code: 'server.error',
      zh: '系统繁忙，请稍后再试',
      en: 'Something went wrong; try again later',
      correlationId,
    },
  },
})
