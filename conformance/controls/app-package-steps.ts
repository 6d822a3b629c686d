import { manifestFile } from '@anqu/app-package'
import type { Browser, Page } from 'playwright-core'
import { ControlSkipped, type Evidence } from '../runner/evidence.ts'
import { AppPublisher, type Offer } from '../system/app-publisher.ts'
import { chromiumPath, launchBrowser, skippedWithoutChromium } from '../system/browser.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { OfferingServer } from '../system/offering-server.ts'
import { relayTo } from '../system/relay.ts'
import { packagesKept, refusedUpdate } from './app-package-in-page.ts'

export type PhonesWorld = {
  readonly publisher: AppPublisher
  readonly server: OfferingServer
  readonly browser: Browser
  readonly url: string
}

/** Phones that reach the app through a server which can hand out anything. */
export async function withPhones(
  system: LiveSystem,
  check: (world: PhonesWorld) => Promise<void>,
): Promise<void> {
  if (chromiumPath() === undefined) throw new ControlSkipped(skippedWithoutChromium)
  const publisher = await AppPublisher.of(system)
  const server = new OfferingServer(system.http)
  const relay = await relayTo(system.addresses['app'] ?? '', server.answer)
  const browser = await launchBrowser()
  try {
    await check({ publisher, server, browser, url: relay.url })
  } finally {
    await browser.close()
    relay.close()
  }
}

export const newPhone = async ({ browser }: PhonesWorld): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'zh-CN' })
  return context.newPage()
}

export const flipped = (content: Uint8Array, at = 40): Uint8Array => {
  const copy = content.slice()
  copy.set([(copy[at] ?? 0) ^ 1], at)
  return copy
}

/** One bit of a text within the bytes. */
const changedAt = (content: Uint8Array, text: string): Uint8Array =>
  flipped(content, Buffer.from(content).indexOf(text) + 1)

/** The app's own page, or what the loader says instead. */
export async function met(page: Page, url: string): Promise<string> {
  await page.goto(url)
  const app = page.getByRole('button', { name: '同意并继续', exact: true })
  const refusal = page.locator('#code:not([hidden])')
  await app.or(refusal).first().waitFor({ timeout: 30_000 })
  return (await refusal.count()) > 0 ? refusal.innerText() : 'app'
}

/** One file of the package with a byte changed, its manifest left as it was. */
export const altered = (publisher: AppPublisher): Offer => {
  const [script] = publisher.manifest.files.filter(({ path }) => path.endsWith('.js'))
  const path = `/app/${script?.path}`
  return new Map([...publisher.files, [path, flipped(publisher.files.get(path) ?? new Uint8Array(0))]])
}

export type Counterfeit = {
  readonly what: string
  readonly code: string
  readonly offer: Offer
  readonly unpacks?: true
}

/** What nobody may take for the app. */
export async function counterfeits(publisher: AppPublisher, laterMs = 1): Promise<Counterfeit[]> {
  const manifest = (message: Uint8Array): Offer =>
    new Map([...publisher.files, [`/${manifestFile}`, message]])
  const later = await publisher.offer((_path, content) => content, laterMs)
  const signed = later.get(`/${manifestFile}`) ?? new Uint8Array(0)
  return [
    { what: '未签名', code: 'app.unsigned', offer: manifest(new TextEncoder().encode('{"files":[]}')) },
    { what: '他人签名', code: 'app.foreign', offer: await publisher.foreign(laterMs) },
    { what: '签名数据被改动', code: 'app.altered', offer: manifest(changedAt(signed, '"version"')) },
    {
      what: '签名证书的状态得不到认证系统证实',
      code: 'app.revoked',
      offer: new Map([...later, ['/release-status', new Uint8Array(8)]]),
    },
    {
      what: '自检清单声明其他杂凑算法',
      code: 'app.malformed',
      offer: await publisher.misstated(
        { algorithms: { digest: 'sha256', signature: 'sm2-with-sm3' } },
        laterMs,
      ),
    },
    {
      what: '自检清单声明其他签名算法',
      code: 'app.malformed',
      offer: await publisher.misstated(
        { algorithms: { digest: 'sm3', signature: 'rsa-with-sha256' } },
        laterMs,
      ),
    },
  ]
}

export async function refusedAtInstallation(
  world: PhonesWorld,
  evidence: Evidence,
  one: Counterfeit,
): Promise<void> {
  const { server, url } = world
  server.offer(one.offer)
  const page = await newPhone(world)
  const said = await met(page, url)
  evidence.holds(`安装被拒绝：${one.what}`, server.looked && said === one.code, { said })
  evidence.holds('拒绝发生在解包之前', one.unpacks === true || server.unpacked.length === 0)
  evidence.holds('设备上没有留下任何应用文件', (await page.evaluate(packagesKept)) === 0)
  await page.context().close()
}

export async function refusedAtUpdate(
  { server, url }: PhonesWorld,
  evidence: Evidence,
  { page, one, running }: { page: Page; one: Counterfeit; running: string },
): Promise<void> {
  server.offer(one.offer)
  const said = await met(page, url)
  const why = await page.evaluate(refusedUpdate)
  evidence.holds(
    `更新被拒绝，原有应用继续运行：${one.what}`,
    server.looked && said === 'app' && `app.${why}` === one.code,
    { said, why },
  )
  evidence.holds('拒绝发生在解包之前', one.unpacks === true || server.unpacked.length === 0)
  evidence.holds('运行的仍是原有版本', (await page.title()) === running)
}

/** The app with another title: a version that can be told apart. */
export const titled =
  (title: string) =>
  (path: string, content: Uint8Array): Uint8Array =>
    path === 'index.html'
      ? new TextEncoder().encode(
          new TextDecoder().decode(content).replace(/<title>[^<]*<\/title>/, `<title>${title}</title>`),
        )
      : content
