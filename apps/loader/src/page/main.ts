import { askKeeper, type KeeperState, type Obstacle } from '@anqu/app-package'

type Problem = Obstacle | 'unsupported' | 'no-answer'

/** What a customer is told, and the word that support asks for. */
const texts: Readonly<Record<Problem, readonly [zh: string, en: string]>> = {
  unsigned: ['应用包没有签名，未安装。', 'The app package is not signed. It was not installed.'],
  foreign: [
    '应用包不是本机构发布的，未安装。请勿继续使用，并联系客服。',
    'The app package is not from this organisation. Do not go on; contact customer service.',
  ],
  revoked: [
    '应用包的签名证书无效或无法确认，暂不能使用。请稍后再试。',
    'The certificate of the app package is not valid or cannot be confirmed. Please try again later.',
  ],
  altered: [
    '应用文件被改动，已停止启动。请重新下载。',
    'Files of the app were altered, so it was not started. Please download it again.',
  ],
  malformed: ['应用包有误，未安装。请稍后再试。', 'The app package is faulty. Please try again later.'],
  older: [
    '服务器提供的版本比已安装的旧，未安装。',
    'The server offers an older version. It was not installed.',
  ],
  unreachable: [
    '无法下载应用，请检查网络后重试。',
    'The app cannot be downloaded. Please check your network.',
  ],
  unsupported: [
    '此浏览器不能核验应用，请换用最新的浏览器，并使用安全连接打开。',
    'This browser cannot check the app. Please use a current browser and a secure connection.',
  ],
  'no-answer': ['核验没有完成，请重试。', 'The check did not finish. Please try again.'],
}

const address = '/sw.js'
const triesKey = 'anqu.loader.tries'
const mostTries = 2

const element = (id: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(`#${id}`)
  if (found === null) throw new Error(`the page has no ${id}`)
  return found
}

function show(problem: Problem): void {
  const [zh, en] = texts[problem]
  element('zh').textContent = zh
  element('en').textContent = en
  element('code').textContent = `app.${problem}`
  element('code').hidden = false
  element('again').hidden = problem === 'unsupported'
}

/** One policy, which lets exactly one address through. */
function trustedAddress(): string {
  const factory: unknown = Reflect.get(globalThis, 'trustedTypes')
  if (typeof factory !== 'object' || factory === null) return address
  const policies = factory as {
    createPolicy(
      name: string,
      rules: { createScriptURL(url: string): string },
    ): { createScriptURL(url: string): string }
  }
  const rules = {
    createScriptURL: (url: string) => {
      if (url !== address) throw new TypeError('only the keeper of the app is a service worker')
      return url
    },
  }
  return policies.createPolicy('anqu-loader', rules).createScriptURL(address)
}

async function keeper(): Promise<ServiceWorker> {
  await navigator.serviceWorker.register(trustedAddress(), { scope: '/', updateViaCache: 'none' })
  const { active } = await navigator.serviceWorker.ready
  if (active === null) throw new Error('the service worker is not active')
  return active
}

/** Opens the app; if this page comes again and again instead, it says so. */
function open(): void {
  const tries = Number(sessionStorage.getItem(triesKey) ?? '0')
  sessionStorage.setItem(triesKey, String(tries + 1))
  if (tries < mostTries) globalThis.location.reload()
  else show('no-answer')
}

function follow(state: KeeperState): void {
  if (state.state === 'ready') open()
  else show(state.state === 'refused' ? state.why : 'no-answer')
}

async function begin(again: boolean): Promise<void> {
  if (!('serviceWorker' in navigator)) return show('unsupported')
  try {
    const worker = await keeper()
    const state = await askKeeper(worker, 'state')
    // What was refused at its start is not replaced behind the customer's back.
    const install = again || state.state !== 'refused' || state.at !== 'start'
    follow(install ? await askKeeper(worker, 'install') : state)
  } catch {
    show('no-answer')
  }
}

element('again').addEventListener('click', () => {
  sessionStorage.removeItem(triesKey)
  void begin(true)
})
await begin(false)
