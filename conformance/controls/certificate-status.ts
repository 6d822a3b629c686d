import { Sm2PrivateKey } from '@anqu/gm-crypto'
import type { Certificate, RevocationStatus } from '@anqu/pki'
import { control, type Control } from '../runner/control.ts'
import { AuthorityCaller } from '../system/authority-caller.ts'
import type { LiveSystem } from '../system/live-system.ts'

/** The CA publishes a change within a second or so; this is when we stop waiting. */
const publishedWithinMs = 15_000

async function onceListed(
  system: LiveSystem,
  caller: AuthorityCaller,
  certificate: Certificate,
): Promise<RevocationStatus> {
  const untilMs = system.clock.nowMs() + publishedWithinMs
  for (;;) {
    const status = await caller.byLists(certificate)
    if (status.status === 'revoked' || system.clock.nowMs() > untilMs) return status
    await system.pause(500)
  }
}

export const certificateStatusControls: readonly Control[] = [
  control({
    id: 'certificate-status.published',
    title: {
      zh: '证书状态由OCSP与撤销列表公布，撤销后两处都不再有效；查不到状态时交易被拒',
      en: 'States are published by OCSP and revocation lists; a revoked certificate is refused by both; without a state funds do not move',
    },
    clauses: ['B-7.3.2.2-7'],
    async check(system, evidence) {
      const caller = await AuthorityCaller.enrol(system)
      const certificate = await caller.issue(Sm2PrivateKey.generate())
      const before = [await caller.byOcsp(certificate), await caller.byLists(certificate)]
      evidence.holds(
        '新证书在证书自带的OCSP与列表地址均查得有效',
        before.every(({ status }) => status === 'good'),
        { ocsp: before[0]?.status ?? '', lists: before[1]?.status ?? '' },
      )
      await caller.revoke(certificate)
      const ocsp = await caller.byOcsp(certificate)
      evidence.holds('撤销后OCSP即答已撤销', ocsp.status === 'revoked', { status: ocsp.status })
      const listed = await onceListed(system, caller, certificate)
      evidence.holds('撤销随后进入撤销列表', listed.status === 'revoked', { status: listed.status })
      const customer = await system.fixtures.freshReady()
      const challenged = await customer.challenged()
      await system.kill('ca')
      try {
        await evidence.refused('查不到证书状态时，付款被拒', () => customer.confirm(challenged), [
          'server.unavailable',
        ])
      } finally {
        await system.restart('ca')
      }
    },
  }),
]
