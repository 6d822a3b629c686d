/**
 * Where a refused confirmation leads. After an answer that was lost nobody here knows whether the order went through, so
 * it leads to the page that asks, and never to "failed" or to a second try.
 */
export function nextAfter(code: string): 'picture' | 'code' | 'sign' | 'stopped' | 'result' {
  switch (code) {
    case 'factor.picture-rejected':
      return 'picture'
    case 'factor.rejected':
      return 'code'
    case 'se.pin-wrong':
      return 'sign'
    case 'client.offline':
    case 'server.unavailable':
    case 'server.error':
    case 'request.too-often':
      return 'result'
    default:
      return 'stopped'
  }
}
