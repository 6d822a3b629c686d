/**
 * The one catalogue of refusals: code → HTTP status and the public text in Chinese and English.
 * Texts never say which of several checks failed, and never carry a value (D-5.2.3.3, C-6.2.5-p1).
 */
const entry = (status: number, zh: string, en: string) => ({ status, zh, en })

export const refusals = {
  'request.malformed': entry(400, '请求格式不正确，请更新后重试', 'The request is not in the expected form'),
  'request.too-large': entry(413, '提交的内容过大', 'What was sent is too large'),
  'request.not-found': entry(404, '您访问的内容不存在', 'There is nothing at this address'),
  'request.too-often': entry(429, '操作过于频繁，请稍后再试', 'Too many requests; please wait a little'),
  'request.conflict': entry(409, '该请求已用于另一笔业务', 'This request key was used for something else'),
  'message.malformed': entry(400, '安全通道消息无效，请重新进入', 'The secure message is not valid'),
  'message.unknown-channel': entry(
    401,
    '安全通道已失效，正在重新建立',
    'The secure channel has ended; opening a new one',
  ),
  'message.replayed': entry(
    409,
    '该消息已被处理，不会重复执行',
    'This message was already handled and is not repeated',
  ),
  'message.stale': entry(
    401,
    '设备时间与服务器相差过大，请校准时间',
    'Your device clock differs too much; please correct it',
  ),
  'message.tampered': entry(400, '安全通道消息无效，请重新进入', 'The secure message is not valid'),
  'message.untrusted-server': entry(
    502,
    '无法确认服务器身份，已停止连接',
    'The server could not be verified; nothing was sent',
  ),
  'consent.required': entry(403, '请先阅读并同意隐私政策', 'Please read and accept the privacy notice first'),
  'consent.outdated': entry(
    409,
    '隐私政策已更新，请重新阅读',
    'The privacy notice has changed; please read it again',
  ),
  'identity.not-accepted': entry(422, '注册信息未通过核验', 'These details could not be accepted'),
  'identity.under-age': entry(422, '未满十八周岁暂不能办理', 'Customers must be at least 18 years old'),
  'password.too-weak': entry(
    422,
    '密码强度不足：至少8位，含字母和数字，且不易被猜到',
    'Password too weak: at least 8 characters with letters and digits, and not easy to guess',
  ),
  'password.entries-differ': entry(422, '两次输入的密码不一致', 'The two entries are not the same'),
  'password.same-as-other': entry(
    422,
    '交易密码不能与登录密码相同，新密码不能与旧密码相同',
    'The transaction password must differ from the login password and from the old one',
  ),
  'password.not-set': entry(409, '请先设置交易密码', 'Please set a transaction password first'),
  'factor.rejected': entry(403, '验证未通过，请重新操作', 'Verification failed; please try again'),
  'factor.locked': entry(
    423,
    '验证失败次数过多，请稍后再试',
    'Too many failed attempts; please try again later',
  ),
  'factor.blocked': entry(
    423,
    '为保护您的账户已暂停验证，请联系客服',
    'Verification is suspended for your protection; please contact us',
  ),
  'factor.picture-rejected': entry(
    403,
    '图片内容填写不正确，请刷新后重试',
    'That is not what the picture shows; please use a new one',
  ),
  'factor.not-ready': entry(409, '请先完成上一步验证', 'Please complete the previous step first'),
  'session.required': entry(401, '请先登录', 'Please log in'),
  'session.expired': entry(401, '登录已超时，请重新登录', 'Your session has ended; please log in again'),
  'session.replaced': entry(401, '您的账户已在另一处登录', 'Your account was logged in elsewhere'),
  'session.environment-changed': entry(
    401,
    '检测到设备环境变化，请重新登录',
    'Your device environment changed; please log in again',
  ),
  'session.reauthentication-required': entry(401, '请重新验证身份', 'Please confirm it is you'),
  'login.refused': entry(403, '手机号或密码不正确', 'Phone number or password is not correct'),
  'card.refused': entry(
    422,
    '无法为本设备的安全单元安装应用，请重新绑定',
    'The application could not be put on this secure element; please bind again',
  ),
  'card.superseded': entry(
    409,
    '安全单元的连接已中断，请重试，将从中断处继续',
    'The connection to the secure element was cut; try again, it goes on from there',
  ),
  'card.not-provisioned': entry(
    409,
    '请先完成安全单元应用的安装',
    'The application of the secure element must be installed first',
  ),
  'card.not-found': entry(
    404,
    '没有找到该安全单元、应用或任务',
    'There is no such card, application or campaign',
  ),
  'card.not-possible': entry(409, '当前状态不能执行此操作', 'The present state does not allow that'),
  'card.known': entry(
    409,
    '其中有卡片已经登记，整批未登记',
    'One of these cards is enrolled already; none of the batch was enrolled',
  ),
  'card.no-room': entry(422, '卡片剩余空间不足，装不下此版本', 'The card has no room for this version'),
  'card.package-refused': entry(
    422,
    '卡片不接受此安装包，请核对发布者与版本',
    'The card does not accept this package; look at its publisher and version',
  ),
  'card.command-refused': entry(
    422,
    '卡片拒绝执行指令，多次尝试未成功',
    'The card refused a command, and did so again',
  ),
  'card.not-authentic': entry(
    422,
    '卡片的应答未通过验证，可能不是原卡',
    'The answers of the card were not authentic; it may be another card',
  ),
  'application.altered': entry(
    422,
    '安装包与发布时不一致，哈希或签名不符，未接收',
    'The package is not as it was published: its hash or signature does not match; it was not taken',
  ),
  'application.untrusted-publisher': entry(
    422,
    '发布者证书不在名单内或已失效，未接收',
    'The publisher’s certificate is not listed or no longer valid; the package was not taken',
  ),
  'application.older-version': entry(
    422,
    '版本低于已发布过的版本，不能接收或发布',
    'A higher version was released before; a lower one is neither taken nor released',
  ),
  'application.known-version': entry(409, '该版本已经上传过', 'This version was uploaded already'),
  'application.too-large': entry(
    422,
    '安装包超过 32 KB，卡片放不下，未接收',
    'The package is larger than the 32 KB cards have room for; it was not taken',
  ),
  'application.malformed': entry(
    422,
    '所选文件不是有效的应用安装包，未接收',
    'This file is no valid application package; it was not taken',
  ),
  'device.not-bound': entry(403, '请先绑定本设备', 'Please bind this device first'),
  'device.already-bound': entry(409, '本设备已绑定', 'This device is already bound'),
  'device.binding-failed': entry(
    422,
    '设备绑定未完成，请重新开始',
    'The device was not bound; please start again',
  ),
  'certificate.refused': entry(
    422,
    '证书未能签发，请重新开始',
    'The certificate could not be issued; please start again',
  ),
  'certificate.not-usable': entry(403, '您的证书当前不可用', 'Your certificate cannot be used now'),
  'certificate.not-found': entry(404, '没有找到这张证书', 'There is no such certificate'),
  'certificate.not-possible': entry(
    409,
    '证书当前状态不能执行此操作',
    'The state of this certificate does not allow that',
  ),
  'profile.outside-limits': entry(
    422,
    '超出该证书模板允许的范围',
    'This is beyond the limits of the profile',
  ),
  'approval.own': entry(403, '本人提交的申请须由他人批准', 'Somebody else must approve what you proposed'),
  'approval.closed': entry(
    409,
    '该申请已处理或已过期',
    'This proposal was decided already or is out of time',
  ),
  'approval.changed': entry(
    409,
    '申请内容与您看到的不一致，请刷新后重新核对',
    'The proposal is not the one you were shown; refresh and look again',
  ),
  'certificate.expired': entry(
    409,
    '证书已过期，请重新绑定本设备',
    'The certificate has expired; please bind this device again',
  ),
  'certificate.renewal-failed': entry(
    422,
    '证书更新未完成，原证书仍可使用，请重新开始',
    'The certificate was not renewed and the old one still works; please start again',
  ),
  'operation.not-found': entry(404, '没有找到这笔业务', 'There is no such operation'),
  'operation.expired': entry(
    410,
    '业务已超时，未发生扣款，请重新发起',
    'This operation has expired; nothing was charged',
  ),
  'operation.wrong-state': entry(409, '当前步骤不可执行', 'This step is not possible now'),
  'operation.signature-rejected': entry(
    403,
    '签名验证未通过，未发生扣款',
    'The signature was not accepted; nothing was charged',
  ),
  'encryption.rejected': entry(
    400,
    '加密数据无效，请重试',
    'What was sent is not encrypted as it must be; please try again',
  ),
  'signature.algorithm-refused': entry(
    422,
    '签名算法不受支持，请更新应用后重试',
    'The signature uses an algorithm that is not accepted; please update the app',
  ),
  'operation.locked': entry(
    423,
    '交易多次出错已暂停，请联系客服人工核实',
    'Transactions are paused after repeated errors; please contact us',
  ),
  'limit.exceeded': entry(403, '超出您设置的交易限额', 'This exceeds your transaction limit'),
  'limit.above-ceiling': entry(422, '超出机构允许的最高限额', 'This is above the highest limit allowed'),
  'insurance.product-unavailable': entry(404, '该产品暂不可投保', 'This product is not available'),
  'insurance.terms-changed': entry(
    409,
    '条款已更新，请重新阅读',
    'The terms have changed; please read them again',
  ),
  'insurance.not-eligible': entry(
    422,
    '不符合该产品的投保条件',
    'The conditions of this product are not met',
  ),
  'payment.declined': entry(402, '银行未受理本次扣款', 'The bank declined this payment'),
  'payment.released': entry(
    402,
    '经人工核实，这笔业务未成立；如有扣款已退回',
    'After review this operation did not take place; anything charged was returned',
  ),
  'payment.no-account': entry(409, '没有可用的付款账户', 'There is no account to pay from'),
  'staff.forbidden': entry(403, '您没有此项权限', 'You do not have this right'),
  'client.too-old': entry(
    426,
    '当前版本过低，请更新后办理资金业务',
    'This version is too old for payments; please update',
  ),
  'client.unknown-package': entry(
    403,
    '应用不是本机构发布的版本，请从官方入口重新打开',
    'This is no release of ours; please open the app from the official entrance',
  ),
  'server.unavailable': entry(503, '服务暂时不可用，请稍后再试', 'The service is unavailable for a moment'),
  'server.error': entry(500, '服务出现问题，我们正在处理', 'Something went wrong on our side'),
} as const satisfies Record<string, { status: number; zh: string; en: string }>

export type RefusalCode = keyof typeof refusals

/** What a refused request answers with. `retryAtMs` only where waiting helps. */
export type RefusalBody = {
  error: { code: RefusalCode; zh: string; en: string; correlationId: string; retryAtMs?: number }
}

/**
 * A catalogued refusal. `detail` goes to the server's log and audit only; it must not hold personal data or secrets.
 */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly detail: string
  readonly retryAtMs: number | undefined

  constructor(code: RefusalCode, detail = '', retryAtMs?: number) {
    super(code)
    this.name = 'Refusal'
    this.code = code
    this.detail = detail
    this.retryAtMs = retryAtMs
  }
}

/** The public body of a refusal. */
export function refusalBody(code: RefusalCode, correlationId: string, retryAtMs?: number): RefusalBody {
  const { zh, en } = refusals[code]
  return { error: { code, zh, en, correlationId, ...(retryAtMs === undefined ? {} : { retryAtMs }) } }
}
