import { dayMs, minuteMs, secondMs, setting } from './setting.ts'

export type LoginFactor = 'device-key' | 'password' | 'otp' | 'gesture' | 'webauthn' | 'face'

/** How a customer gets in, and how failures are counted. */
export const login = {
  minFactors: setting(2, ['D-5.2.1.2-s1', 'A-6.6-1', 'C-6.1.6.1-b', 'A-3.9-1'], {
    zh: '每次登录至少两种相互独立的因素；各标准中最严者',
    en: 'Every log-in takes at least two independent factors, the strictest of the four readings',
  }),
  boundDeviceFactors: setting<readonly (readonly LoginFactor[])[]>(
    [
      ['device-key', 'password'],
      ['device-key', 'gesture'],
      ['device-key', 'webauthn'],
      ['device-key', 'face'],
    ],
    ['A-4.2-3', 'D-5.2.1.1-a', 'A-6.6-5', 'D-5.2.1.1-b-s1'],
    {
      zh: '已绑定设备：设备密钥加一种本人因素',
      en: 'On a bound device: the device key and one factor of the person',
    },
  ),
  newDeviceFactors: setting<readonly (readonly LoginFactor[])[]>(
    [
      ['password', 'otp'],
      ['password', 'otp', 'face'],
    ],
    ['A-6.6-1', 'A-4.2-2', 'C-6.3.3-b-s3'],
    {
      zh: '新设备：密码加短信验证码，风险高时再加人脸；单凭短信不能登录',
      en: 'On a new device: password and code, and the face when risk asks; a code alone never',
    },
  ),
  optInFactors: setting<readonly LoginFactor[]>(['gesture', 'webauthn', 'face'], ['A-4.2-4', 'A-4.2-5'], {
    zh: '手势、指纹、人脸默认关闭，由客户自己开启',
    en: 'Gesture, fingerprint and face are off until the customer turns them on',
  }),
  gestureMinPoints: setting(4, ['A-6.5-1', 'D-5.2.1.1-d.1'], {
    zh: '手势至少四个连续不间断的点',
    en: 'A gesture joins at least four consecutive points',
  }),
  dormantAfterMs: setting(90 * dayMs, ['D-5.3.3.3-c'], {
    zh: '九十天未登录后提高认证强度；标准未给数值',
    en: 'After ninety days without a log-in more is asked; the standard gives no value',
  }),
}

/** Counted apart for each factor, account and device, so that a stranger cannot lock a customer out of a bound device. */
export const lockout = {
  consecutiveCap: setting(3, ['D-5.2.3.1-s1', 'D-5.2.3.1-s2', 'A-6.8-1', 'C-6.2.1.1-b-s2'], {
    zh: '连续三次失败即限时锁定',
    en: 'Three failures in a row set a timed lock',
  }),
  dayCap: setting(5, ['A-6.8-2'], {
    zh: '二十四小时内最多五次，严于示例的六次',
    en: 'At most five in 24 hours, stricter than the six of the example',
  }),
  cumulativeCap: setting(20, ['A-6.8-3', 'A-6.8-4'], {
    zh: '累计二十次后只能由工作人员核实解除；标准未给数值',
    en: 'Twenty in all; only staff lifts that lock. The standard gives no value',
  }),
  firstLockMs: setting(5 * minuteMs, ['D-5.2.3.1-s2', 'A-6.8-4'], {
    zh: '首次锁定五分钟；标准称“一定时间”',
    en: 'The first lock lasts five minutes; the standard says "some time"',
  }),
  lockFactor: setting(3, ['C-6.3.3-d', 'A-6.8-6'], {
    zh: '之后每次锁定时长为上次三倍，既拦猜测又不长期拒绝服务',
    en: 'Each further lock is three times as long: guessing slows down, service is not denied at once',
  }),
  longestLockMs: setting(dayMs, ['A-6.8-5', 'A-6.8-6'], {
    zh: '限时锁定最长一天，避免成为拒绝服务手段',
    en: 'A timed lock ends after a day at most, so that it is no denial of service',
  }),
  countedPer: setting<readonly ('factor' | 'account' | 'device')[]>(
    ['factor', 'account', 'device'],
    ['A-6.8-5', 'A-6.8-6', 'C-6.3.3-d'],
    {
      zh: '按因素、账户、设备分别计数，他人的失败锁不住本人的已绑定设备',
      en: 'Counted per factor, account and device: what a stranger does elsewhere locks no bound device',
    },
  ),
  oldPasswordCap: setting(3, ['D-5.2.4.2-b'], {
    zh: '修改密码时旧密码最多错三次；标准未给数值',
    en: 'At most three wrong old passwords when changing one; the standard gives no value',
  }),
  transactionCap: setting(3, ['C-6.3.3-e-s3'], {
    zh: '交易连续出错三次即暂停，须人工核实',
    en: 'Three wrong transactions pause them until a person has verified the customer',
  }),
  sePinTries: setting(6, ['B-7.2-15'], {
    zh: '安全单元PIN连续错六次锁定；标准未给数值',
    en: 'Six wrong PINs in a row lock the secure element; the standard gives no value',
  }),
}

export const session = {
  idleMs: setting(10 * minuteMs, ['C-6.2.2-b', 'D-5.3.3.3-a', 'B-7.5.9.5-1', 'B-7.5.9.5-2'], {
    zh: '闲置十分钟退出；标准未给数值',
    en: 'Ten idle minutes end a session; the standards give no value',
  }),
  fundIdleMs: setting(5 * minuteMs, ['C-6.2.2-b', 'D-5.3.3.3-a'], {
    zh: '涉及资金时闲置五分钟即须重新验证',
    en: 'Where money moves, five idle minutes ask who it is again',
  }),
  backgroundMs: setting(2 * minuteMs, ['D-5.2.1.2-s2'], {
    zh: '转入后台两分钟后返回须重新验证；标准未给数值',
    en: 'Back from two minutes in the background the customer is asked again; no value given',
  }),
  absoluteMs: setting(12 * 3600 * secondMs, ['A-5.5-1', 'A-5.5-2', 'D-5.6.5-c-s1'], {
    zh: '登录最长十二小时，远低于七十二小时上限',
    en: 'Twelve hours at most, well below the ceiling of 72',
  }),
  absoluteCeilingMs: setting(72 * 3600 * secondMs, ['A-5.5-2'], {
    zh: '任何配置不得超过七十二小时',
    en: 'No configuration may exceed 72 hours',
  }),
  loginStepMs: setting(5 * minuteMs, ['D-5.2.1.1-d.2-s2', 'A-6.4-2'], {
    zh: '两步登录之间最多五分钟，与验证码有效期一致',
    en: 'Five minutes between the two steps of a log-in, as long as a code lives',
  }),
  perAccount: setting(1, ['C-6.2.2-f', 'D-5.3.3.3-b'], {
    zh: '每个账户每个渠道同时一个会话，新登录替换旧会话并告知',
    en: 'One session an account and channel; the newest wins and the older is told',
  }),
  idBytes: setting(32, ['C-6.2.2-c-s1', 'C-6.2.2-c-s2'], {
    zh: '会话标识为二百五十六位随机数，登录后更换',
    en: 'A session id is 256 random bits, new after every log-in',
  }),
  idPlaces: setting<readonly ('cookie' | 'authorization')[]>(
    ['cookie', 'authorization'],
    ['C-6.2.2-e-s1', 'C-6.2.2-e-s2'],
    {
      zh: '会话标识只出现在HTTP头中',
      en: 'A session id travels in HTTP headers only: never in URL, body or log',
    },
  ),
  endsOn: setting<readonly ('logout' | 'close' | 'environment-changed' | 'replaced')[]>(
    ['logout', 'close', 'environment-changed', 'replaced'],
    ['C-6.2.2-d', 'C-6.2.2-h', 'D-5.6.5-c-s2', 'B-7.5.9.5-3', 'A-4.5-2'],
    {
      zh: '退出、关闭应用、设备环境变化或被替换时服务器端同时结束',
      en: 'Ends on the server too when the customer leaves, the environment changes or another replaces it',
    },
  ),
}
