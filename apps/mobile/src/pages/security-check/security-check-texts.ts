import { defineDictionary } from '@anqu/ui'

export const securityCheckTexts = defineDictionary(
  {
    title: '安全检查',
    clean: '未发现风险',
    cleanText: '已检查当前浏览器环境。请只从官方入口打开，不要在他人指导下操作。',
    found: '发现 {count} 项风险',
    foundText: '处理之前，请不要登录、输入密码或付款。',
    again: '重新检查',
    passed: '正常',
    risk: '有风险',
    limits: '网页只能看到浏览器的情况，不能代替手机自带的安全检测。',
    package: '应用完整性',
    packageRisk: '应用文件被改动，或收到的更新不是本机构发布的。请不要输入密码，并联系客服。',
    automation: '自动操作',
    automationRisk: '浏览器正被程序控制。请关闭远程控制、自动点击类软件后重试。',
    altered: '浏览器功能',
    alteredRisk: '浏览器的功能被改动，密码可能被窃取。请停用浏览器插件或更换浏览器。',
    frame: '页面来源',
    frameRisk: '本页被嵌在其他网页中，可能是仿冒。请关闭后从官方入口打开。',
    overlay: '页面遮挡',
    overlayRisk: '页面中有不属于我们的内容，可能在诱导您点击。请停用插件后重新打开。',
    debugger: '调试工具',
    debuggerRisk: '浏览器可能打开了开发者工具。若不是您本人打开，请立即关闭浏览器。',
    outdated: '浏览器版本',
    outdatedRisk: '浏览器版本过旧，缺少必要的保护。请更新浏览器。',
  },
  {
    title: 'Security check',
    clean: 'No risk found',
    cleanText:
      'This browser was checked. Open the app from the official entrance only, and never under the direction of others.',
    found: 'Risks found: {count}',
    foundText: 'Until they are dealt with, do not log in, enter passwords or pay.',
    again: 'Check again',
    passed: 'In order',
    risk: 'At risk',
    limits: 'A web page sees the browser only; it does not replace the security check of your phone.',
    package: 'The app itself',
    packageRisk:
      'Files of the app were altered, or an update was offered that is not from this organisation. Enter no password and contact us.',
    automation: 'Automatic operation',
    automationRisk:
      'A program controls this browser. Close remote control and auto-click software and try again.',
    altered: 'Browser functions',
    alteredRisk:
      'Functions of the browser were changed and passwords could be stolen. Switch off extensions or use another browser.',
    frame: 'Where the page stands',
    frameRisk:
      'This page is shown inside another one, which may be an imitation. Close it and use the official entrance.',
    overlay: 'Covered page',
    overlayRisk:
      'There is something on this page that is not ours and may lure you into a tap. Switch off extensions and open it again.',
    debugger: 'Developer tools',
    debuggerRisk: 'Developer tools may be open. If it was not you, close the browser at once.',
    outdated: 'Browser version',
    outdatedRisk: 'This browser is too old and lacks protection that is needed. Please update it.',
  },
)
