import { sql } from '@anqu/platform'
import { control, type Control } from '../runner/control.ts'
import type { Evidence } from '../runner/evidence.ts'
import { AppInHand } from '../system/app-in-hand.ts'
import type { AppPublisher } from '../system/app-publisher.ts'
import { environment } from '../system/customer.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { alterStored, checkedAt, packagesKept } from './app-package-in-page.ts'
import {
  altered,
  counterfeits,
  flipped,
  met,
  newPhone,
  refusedAtInstallation,
  refusedAtUpdate,
  titled,
  withPhones,
  type Counterfeit,
  type PhonesWorld,
} from './app-package-steps.ts'
import { inBrowser } from './in-browser.ts'

const changedFile = '包内文件被改动'

/** Everything that is offered for a first installation, one phone each. */
async function installations(
  world: PhonesWorld,
  evidence: Evidence,
  all: readonly Counterfeit[],
): Promise<void> {
  const { publisher, server, url } = world
  for (const one of all) await refusedAtInstallation(world, evidence, one)
  server.offer(publisher.files)
  const page = await newPhone(world)
  evidence.holds('经签名的应用可以安装并运行', (await met(page, url)) === 'app')
  evidence.holds('设备上保存了一个应用包', (await page.evaluate(packagesKept)) === 1)
}

/** Everything that is offered to a phone with the app. */
async function updates(world: PhonesWorld, evidence: Evidence, all: readonly Counterfeit[]): Promise<void> {
  const { publisher, server, url } = world
  const page = await newPhone(world)
  server.offer(await publisher.offer(titled('current'), 10))
  evidence.holds('安装当前版本', (await met(page, url)) === 'app' && (await page.title()) === 'current')
  for (const one of all) await refusedAtUpdate(world, evidence, { page, one, running: 'current' })
  server.offer(await publisher.offer(titled('later'), 20))
  evidence.holds(
    '经签名的新版本可以更新',
    (await met(page, url)) === 'app' && (await page.title()) === 'later',
  )
}

async function starts(world: PhonesWorld, evidence: Evidence): Promise<void> {
  const { publisher, server, url } = world
  server.offer(publisher.files)
  const page = await newPhone(world)
  evidence.holds('完整的应用可以启动', (await met(page, url)) === 'app')
  for (const { path } of publisher.manifest.files) {
    evidence.holds(`改动已安装文件的一个字节：${path}`, (await page.evaluate(alterStored, path)) === 1)
    const said = await met(page, url)
    evidence.holds('应用拒绝启动并说明', said === 'app.altered', { said })
    await page.getByRole('button', { name: /重新下载并核验/ }).click()
    await page.getByRole('button', { name: '同意并继续', exact: true }).waitFor()
  }
  evidence.holds('重新下载并核验后可以启动', (await met(page, url)) === 'app')
}

/** What `read` gives once it is more than before, or after a while. */
async function later(system: LiveSystem, read: () => Promise<number>, before: number): Promise<number> {
  for (let tries = 0; tries < 20; tries += 1) {
    const now = await read()
    if (now > before) return now
    await system.pause(250)
  }
  return before
}

/** What the server does about an app that runs from something else. */
async function admissions(system: LiveSystem, evidence: Evidence, publisher: AppPublisher): Promise<void> {
  const customer = await system.fixtures.freshLoggedIn()
  const inBrowser = { ...environment, platform: 'h5' } as const
  const password = customer.person.loginPassword
  const admitted = await customer.beginLogin(password, inBrowser, publisher.id)
  evidence.holds('从本机构发布的包运行的应用可以登录', admitted.state !== undefined, {
    state: admitted.state,
  })
  for (const [what, id] of [
    ['他人发布的包', '0'.repeat(64)],
    ['不声明所用的包', undefined],
  ] as const)
    await evidence.refused(`业务系统拒绝登录：${what}`, () => customer.beginLogin(password, inBrowser, id), [
      'client.unknown-package',
    ])
}

export const appPackageControls: readonly Control[] = [
  control({
    id: 'app-package.signature',
    title: {
      zh: '安装与更新之前验证应用包的签名：不可信的包在解包前被拒绝',
      en: 'Nothing is installed or updated unless its publisher signed it; the rest is refused before it is unpacked',
    },
    clauses: ['B-7.4-1', 'C-6.1.2-c', 'B-7.5.3-4'],
    check: (system, evidence) =>
      withPhones(system, async (world) => {
        const { publisher } = world
        const all = await counterfeits(publisher)
        await installations(world, evidence, all)
        const older = {
          what: '更早的版本',
          code: 'app.older',
          offer: await publisher.offer(titled('older'), 5),
        }
        await updates(world, evidence, [...(await counterfeits(publisher, 30)), older])
        await admissions(system, evidence, publisher)
      }),
  }),
  control({
    id: 'app-package.whole',
    title: {
      zh: '安装、启动、更新时核验应用的每个文件，改动一个字节即被拒绝',
      en: 'At installation, start and update every file is checked, and one changed byte is refused',
    },
    clauses: ['A-5.6-3', 'A-5.6-4', 'B-7.5.3-1', 'C-6.1.2-b', 'D-5.4.3.5'],
    check: (system, evidence) =>
      withPhones(system, async (world) => {
        const { publisher } = world
        const foreign = { what: '他人重新签名', code: 'app.foreign', offer: await publisher.foreign(15) }
        const changed = {
          what: changedFile,
          code: 'app.altered',
          offer: altered(publisher),
          unpacks: true,
        } as const
        await installations(world, evidence, [changed, foreign])
        await starts(world, evidence)
        const later = await publisher.offer(titled('changed'), 15)
        await updates(world, evidence, [
          {
            ...changed,
            offer: new Map([
              ...later,
              ['/app/index.html', flipped(later.get('/app/index.html') ?? new Uint8Array(64))],
            ]),
          },
          foreign,
        ])
      }),
  }),
  control({
    id: 'app-package.before-signing',
    title: {
      zh: '每笔交易签名前再次核验应用；启动后被改动的应用不能完成交易',
      en: 'Before each signature the app is checked again; one that was altered since its start signs nothing',
    },
    clauses: ['B-7.5.3-2'],
    check: (system, evidence) =>
      inBrowser(system, async ({ browser, appUrl }) => {
        const sinceMs = system.clock.nowMs()
        const app = await AppInHand.readyToPay(system, browser, appUrl)
        evidence.holds('启动后改动应用文件', (await app.page.evaluate(alterStored, 'index.html')) === 1)
        await app.pay()
        evidence.holds('交易被拒绝并说明原因', await app.sees('应用文件核验未通过'))
        const operations = await system.database.rows<{ state: string }>(
          'anqu_channel',
          sql`select state from operation where created_at_ms >= ${sinceMs}`,
        )
        const states = operations.map(({ state }) => state)
        evidence.holds('业务系统没有收到签名，没有办理', states.join() === 'challenged', { states })
      }),
  }),
  control({
    id: 'app-package.daily',
    title: {
      zh: '持续打开的应用至少每 24 小时核验一次',
      en: 'An app that stays open is checked at least once in 24 hours',
    },
    clauses: ['B-7.5.3-3'],
    check: (system, evidence) =>
      withPhones(system, async (world) => {
        const page = await newPhone(world)
        await page.clock.install({ time: system.clock.nowMs() })
        evidence.holds('应用已启动', (await met(page, world.url)) === 'app')
        for (const day of [1, 2, 3]) {
          const before = await page.evaluate(checkedAt)
          await page.clock.fastForward('23:59:00')
          const after = await later(system, () => page.evaluate(checkedAt), before)
          evidence.holds(`第 ${day} 天之内再次核验`, after > before, { before, after })
        }
        await page.evaluate(alterStored, 'index.html')
        await page.clock.fastForward('23:59:00')
        await page.locator('#code:not([hidden])').waitFor()
        evidence.holds('核验发现改动后应用终止，不能再启动', (await met(page, world.url)) === 'app.altered')
      }),
  }),
]
