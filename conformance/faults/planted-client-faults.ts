import type { Interference, RawAnswer } from '../system/interference.ts'
import { plain, type PlantedFault } from './planted-fault.ts'

const protections = [
  'content-security-policy',
  'cross-origin-embedder-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'integrity-policy',
  'x-frame-options',
]

const without = (answer: RawAnswer, names: readonly string[]): RawAnswer => ({
  ...answer,
  headers: Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !names.includes(name))),
})

/** The text of an answer changed; what is no text of the app stays as it is. */
function rewritten(answer: RawAnswer, change: (text: string) => string): RawAnswer {
  if (!/html|javascript/.test(answer.headers['content-type'] ?? '')) return answer
  return { ...answer, body: new TextEncoder().encode(change(new TextDecoder().decode(answer.body))) }
}

/** Another app than the one that was built: one thing in its text or code stands for another. */
const saying = (what: string, instead: string): Interference => ({
  http: async (_request, proceed) =>
    rewritten(without(await proceed(), protections), (text) =>
      text.replaceAll(/ integrity="[^"]*"/g, '').replaceAll(what, instead),
    ),
})

/** Faults of the app in the customer's browser, and of what customers are told. */
export const plantedClientFaults: readonly PlantedFault[] = [
  plain('the app opens itself to every origin', ['client-environment.private-storage'], {
    async http({ headers: asked }, proceed) {
      const answer = without(await proceed(), protections)
      const open = {
        'access-control-allow-origin': asked['origin'] ?? '*',
        'access-control-allow-credentials': 'true',
      }
      return { ...answer, headers: { ...answer.headers, ...open } }
    },
  }),
  plain('the app shares its process with other origins', ['client-environment.private-storage'], {
    http: async (_request, proceed) => without(await proceed(), ['cross-origin-embedder-policy']),
  }),
  plain('no e-mail reaches anybody', ['incident.warning'], {
    async http({ url }, proceed) {
      const answer = await proceed()
      return url.includes('way=mail')
        ? { ...answer, body: new TextEncoder().encode('{"notices":[]}') }
        : answer
    },
  }),
  plain(
    'the security check does not look for automation',
    ['client-environment.security-check'],
    saying('.webdriver', '.nothing'),
  ),
  plain(
    'the app says that a certificate is there before it is',
    ['app-tells.certificate-application'],
    saying('绑定未完成', '证书申请已完成'),
  ),
  plain(
    'the app tells every customer that the payment succeeded',
    ['app-tells.payment-result'],
    saying('人工复核中', '已完成'),
  ),
]
