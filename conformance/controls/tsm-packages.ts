import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { staffApplications, staffSetApplication, staffUploadApplication } from '@anqu/contract'
import { base64ToBytes, bytesToBase64, hexToBytes } from '@anqu/encoding'
import { Sm2PrivateKey, sm2Sign } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { encodeCommand, parseResponse, securedConnection, type CommandApdu } from '@anqu/secure-element'
import { loadPackage, putPublisherKey, selectIssuer } from '@anqu/secure-element/issuer'
import { control, type Control } from '../runner/control.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { PersonalisedCard } from '../system/personalised-card.ts'
import { publishPackage, type ApplicationPackage } from '../system/publisher.ts'
import type { Staff } from '../system/staff.ts'
import { recordedSteps } from './tsm.ts'

/** Not the security service's. */
const foreignApplication = 'f0414e51550199'

const altered = (text: string): string => {
  const bytes = base64ToBytes(text)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return bytesToBase64(bytes)
}

const versionsOf = async (staff: Staff) => (await staff.call(staffApplications, {})).applications

/** Nobody listed this certificate, though the CA issued it. */
const unlisted = async ({ dataDir }: LiveSystem): Promise<string> =>
  (await readFile(path.join(dataDir, 'tsm', 'keys', 'tsm-signature.cer'), 'utf8')).trim()

async function signedVersion(system: LiveSystem, version: number) {
  const entry = await publishPackage(system, version)
  return {
    aid: hexToBytes(entry.applicationId),
    data: base64ToBytes(entry.loadFile),
    signature: base64ToBytes(entry.signature),
  }
}

export const tsmPackageControls: readonly Control[] = [
  control({
    id: 'tsm.package-release',
    title: {
      zh: '应用安装包经验签后登记，由另一人发布，改动过的、名单外的或降级的一律拒收',
      en: 'A package is taken only as its publisher signed it, released by a second person, and never downgraded',
    },
    clauses: ['B-6.1-1', 'B-6.1-6.s2'],
    shared: {
      'B-6.1-1':
        'tsm.life-cycle shows the installation on the card, this one what stands before it at the TSM',
      'B-6.1-6.s2': 'tsm.whole-flow shows the step in its order, this one that only signed packages reach it',
    },
    async check(system, evidence) {
      const { operator, administrator } = system.fixtures
      const [first, second] = [await operator(), await administrator()]
      const before = await system.undisturbed(() => versionsOf(first))
      const version = Math.max(...before.map((entry) => entry.version)) + 1
      const entry = await publishPackage(system, version)
      const upload = (change: Partial<ApplicationPackage>) => () =>
        first.call(staffUploadApplication, { ...entry, ...change })
      await evidence.refused('文件改动一位', upload({ loadFile: altered(entry.loadFile) }), [
        'application.altered',
      ])
      await evidence.refused('签名改动一位', upload({ signature: altered(entry.signature) }), [
        'application.altered',
      ])
      const otherAid = await publishPackage(system, version, { applicationId: foreignApplication })
      const otherName = await publishPackage(system, version, { name: 'another-service' })
      const { applicationId, name } = entry
      await evidence.refused('签名完好的文件以另一应用标识登记', upload({ ...otherAid, applicationId }), [
        'application.altered',
      ])
      await evidence.refused('签名完好的文件以另一名称登记', upload({ ...otherName, name }), [
        'application.altered',
      ])
      await evidence.refused('名单之外的发布者', upload({ certificate: await unlisted(system) }), [
        'application.untrusted-publisher',
      ])
      const still = await system.undisturbed(() => versionsOf(first))
      evidence.holds('拒收的均未登记', still.length === before.length, { versions: still.length })
      const release = { applicationId, version, state: 'active' } as const
      const uploaded = await upload({})()
      evidence.holds('签名完好的登记为待发布', uploaded.application.state === 'registered', {
        state: uploaded.application.state,
      })
      await evidence.refused('上传人自行发布', () => first.call(staffSetApplication, release), [
        'approval.own',
      ])
      const released = await second.call(staffSetApplication, release)
      evidence.holds('另一人发布', released.application.state === 'active', {
        state: released.application.state,
      })
      const registered = uploaded.application.version
      evidence.holds('登记的版本即签名所载的版本', registered === version, { registered })
      const lower = await publishPackage(system, version - 1)
      await evidence.refused('发布后再上传低版本', () => first.call(staffUploadApplication, lower), [
        'application.older-version',
        'application.known-version',
      ])
      await system.undisturbed(async () => {
        const customer = await system.fixtures.freshLoggedIn()
        const begun = await customer.beginBinding()
        await customer.provision(begun.bindingId)
        evidence.holds(
          '卡片安装已发布的版本',
          (await versionsOf(first)).some((one) => one.version === version && one.cards > 0),
        )
      })
    },
  }),
  control({
    id: 'tsm.card-checks-package',
    title: {
      zh: 'TSM把发布者公钥装入卡中，卡自行验证安装包：改动过的或他人签名的一律拒收',
      en: 'The TSM gives cards their publisher, and the card itself refuses a package altered or signed by another',
    },
    clauses: ['B-6.1-6.s3'],
    shared: {
      'B-6.1-6.s3':
        'tsm.whole-flow shows the step in its order, this one that the card takes no other file in it',
    },
    async check(system, evidence) {
      const { bindingId } = await system.undisturbed(async () => {
        const customer = await system.fixtures.freshLoggedIn()
        const begun = await customer.beginBinding()
        await customer.provision(begun.bindingId)
        return begun
      })
      const steps = await recordedSteps(system, bindingId, 4)
      const installing = steps.filter(({ step }) => step === 3).map(({ detail }) => detail)
      const isGiven = installing.some((detail) => detail.includes('put publisher key, load package'))
      evidence.holds('TSM先装入发布者公钥，再下载安装包', isGiven, { installing })
      const entry = await publishPackage(system, 1)
      const publisher = parseCertificate(base64ToBytes(entry.certificate)).publicKey
      const data = base64ToBytes(entry.loadFile)
      const signature = base64ToBytes(entry.signature)
      const card = new PersonalisedCard()
      const channel = system.wire(securedConnection(card.card, card.issuer))
      const answered = async (commands: readonly CommandApdu[]): Promise<number> => {
        let last = 0
        for (const command of commands)
          last = parseResponse(await channel.transmit(encodeCommand(command))).statusWord
        return last
      }
      await answered([selectIssuer(), putPublisherKey(publisher, 'new')])
      const load = (file: { data: Uint8Array; signature: Uint8Array }) =>
        answered(loadPackage({ aid: hexToBytes(entry.applicationId), ...file }, 'new'))
      const other = base64ToBytes(altered(entry.loadFile))
      const refusals = [
        ['文件改动一位', { data: other, signature }],
        ['签名改动一位', { data, signature: base64ToBytes(altered(entry.signature)) }],
        ['他人签名', { data, signature: sm2Sign(Sm2PrivateKey.generate(), data) }],
      ] as const
      for (const [what, file] of refusals) {
        const word = await load(file)
        evidence.holds(`卡拒收：${what}`, word === 0x6300, { statusWord: word.toString(16) })
      }
      const renamed = await answered(
        loadPackage({ aid: hexToBytes(foreignApplication), data, signature }, 'new'),
      )
      evidence.holds('卡拒收：以另一应用标识装入', renamed === 0x6a80, { statusWord: renamed.toString(16) })
      const announced = await answered([
        ...loadPackage({ aid: hexToBytes(entry.applicationId), data: other, signature }, 'new').slice(0, 1),
        ...loadPackage({ aid: hexToBytes(entry.applicationId), data, signature }, 'new').slice(1),
      ])
      evidence.holds('卡拒收：与INSTALL所报杂凑不符', announced === 0x6a80, {
        statusWord: announced.toString(16),
      })
      const taken = await load({ data, signature })
      evidence.holds('发布者签名完好的安装包可以装入', taken === 0x9000, { statusWord: taken.toString(16) })
      const older = await signedVersion(system, 0)
      const replaced = await answered(loadPackage(older, 'replace'))
      evidence.holds('卡拒收：旧版本不能替换新版本', replaced === 0x6985, {
        statusWord: replaced.toString(16),
      })
    },
  }),
]
