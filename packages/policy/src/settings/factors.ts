import { dayMs, hourMs, minuteMs, setting } from './setting.ts'

export type OtpBinding = 'account' | 'purpose' | 'amount' | 'payee'

/** One-time codes by SMS. */
export const otp = {
  digits: setting(6, ['A-6.4-3', 'D-5.2.1.1-d.2-s3'], {
    zh: '六位数字；标准要求长度但未给数值',
    en: 'Six digits; the standards ask for a length without a value',
  }),
  validMs: setting(5 * minuteMs, ['A-6.4-2', 'D-5.2.1.1-d.2-s2'], {
    zh: '五分钟有效；标准未给数值',
    en: 'Valid for five minutes; the standards give no value',
  }),
  maxTries: setting(5, ['C-6.2.1.3-L2c', 'A-6.8-1'], {
    zh: '每个验证码最多提交五次，之后作废',
    en: 'Five tries a code, then it is dead',
  }),
  maxUses: setting(1, ['A-6.4-1', 'D-5.2.1.1-d.2-s1', 'C-6.2.1.3-L2d'], {
    zh: '成功一次即作废',
    en: 'Good for one use',
  }),
  perMinute: setting(1, ['C-6.2.1.3-L2a-s1', 'C-6.2.1.3-L2a-s2'], {
    zh: '每分钟一条，由服务器控制',
    en: 'One a minute, enforced by the server',
  }),
  perHour: setting(5, ['C-6.2.1.3-L2a-s1', 'C-6.2.1.3-L2a-s2'], {
    zh: '每小时五条',
    en: 'Five an hour',
  }),
  perDay: setting(10, ['C-6.2.1.3-L2a-s1', 'C-6.2.1.3-L2a-s2'], {
    zh: '每天十条，防止短信轰炸',
    en: 'Ten a day, so that nobody is bombed with messages',
  }),
  boundTo: setting<readonly OtpBinding[]>(
    ['account', 'purpose', 'amount', 'payee'],
    ['A-6.4-5', 'D-5.2.1.1-d.2-s4', 'C-6.2.1.1-L2b'],
    {
      zh: '与用户、用途、金额、收款方绑定，短信写明用途',
      en: 'Bound to user, purpose, amount and payee; the text names what it is for',
    },
  ),
  secondPasswordFirst: setting(true, ['C-6.3.2-c'], {
    zh: '关键操作先验证交易密码，才能请求验证码',
    en: 'For a critical operation the second password comes before a code can be asked for',
  }),
}

/** Picture codes: captcha and confirmation picture. Never a factor. */
export const captcha = {
  minCharacters: setting(4, ['B-7.5.6-5', 'B-7.5.6-6'], {
    zh: '至少四个字符',
    en: 'At least four characters',
  }),
  minSpace: setting(10_000, ['B-7.5.6-6'], {
    zh: '有效枚举空间不低于一万',
    en: 'At least 10,000 possible answers',
  }),
  validMs: setting(3 * minuteMs, ['B-7.5.6-9', 'B-7.5.6-10', 'A-6.3-1', 'C-6.2.1.3-c-s2'], {
    zh: '三分钟有效',
    en: 'Valid for three minutes',
  }),
  maxAnswers: setting(1, ['A-6.3-2', 'B-7.5.6-3', 'B-7.5.6-4', 'C-6.2.1.3-c-s1', 'D-5.2.1.1-e-s1'], {
    zh: '第一次回答后无论对错即作废',
    en: 'Burnt by its first answer, whatever that is',
  }),
  isFactor: setting(false, ['A-6.3-5', 'D-5.2.1.1-f'], {
    zh: '图形验证码不算认证因素',
    en: 'A captcha never counts as a factor',
  }),
}

export const password = {
  minLength: setting(8, ['C-6.2.1.2-c-s2', 'A-6.7.1-1', 'D-5.2.4.1-s1'], {
    zh: '至少八位，登录密码与交易密码相同要求',
    en: 'At least eight characters, for login and transaction password alike',
  }),
  maxLength: setting(32, ['C-6.2.4-c'], {
    zh: '最长三十二位，限定输入长度',
    en: 'At most 32: every input has a limit',
  }),
  mustContain: setting<readonly ('letter' | 'digit')[]>(['letter', 'digit'], ['C-6.2.1.2-c-s2'], {
    zh: '必须含字母和数字',
    en: 'Letters and digits both',
  }),
  refused: setting<readonly ('common' | 'keyboard-run' | 'own-data')[]>(
    ['common', 'keyboard-run', 'own-data'],
    ['A-6.7.1-2', 'A-6.7.1-3', 'D-5.2.4.1-s2', 'D-5.2.4.3-s1'],
    {
      zh: '拒绝常见密码、键盘连串与含本人信息的密码',
      en: 'Common ones, keyboard runs and those made of the own data are refused',
    },
  ),
  maxAgeMs: setting(180 * dayMs, ['C-6.2.1.2-d'], {
    zh: '一百八十天后须更换；标准未给数值',
    en: 'To be changed after 180 days; the standard gives no value',
  }),
  warnBeforeMs: setting(14 * dayMs, ['C-6.2.1.2-d'], {
    zh: '到期前十四天提醒',
    en: 'The customer is told fourteen days before',
  }),
  differsFrom: setting<readonly ('old-password' | 'other-password' | 'bank-card-password')[]>(
    ['old-password', 'other-password', 'bank-card-password'],
    ['D-5.2.4.2-c', 'D-5.2.1.1-b-s2', 'C-6.3.2-e-s1', 'B-7.6-2'],
    {
      zh: '不同于旧密码；交易密码不同于登录密码与银行卡密码（在银行侧比较）',
      en: 'Differs from the old one, from the other one and from the bank card password (compared at the bank)',
    },
  ),
  initialMustChange: setting(true, ['A-6.7.2-2', 'D-5.2.4.2-lead', 'D-5.2.4.2-a1'], {
    zh: '初始密码首次登录后必须更换',
    en: 'An initial password is changed at the first log-in',
  }),
  resetFactors: setting(2, ['A-6.7.2-1', 'A-6.6-4', 'D-5.2.4.2-d', 'C-6.2.1.2-e'], {
    zh: '修改或重置须两种因素',
    en: 'Change and reset take two factors',
  }),
  hash: setting(
    { algorithm: 'argon2id', memoryKiB: 19_456, passes: 2, lanes: 1, sealedWith: 'SM4-GCM' } as const,
    ['C-6.2.1.2-a-s2', 'D-5.2.2.1-a-s2', 'B-7.6-9', 'B-7.6-10'],
    {
      zh: '加盐的慢速内存型散列，再以国密算法密封，抵御彩虹表与统计分析',
      en: 'A salted memory-hard hash, sealed again with SM4: against tables and statistics',
    },
  ),
}

/** The server draws it, the client knows positions only. */
export const keyboard = {
  validMs: setting(3 * minuteMs, ['B-7.5.5-5'], {
    zh: '三分钟内一次有效，每次输入单独协商密钥',
    en: 'One entry within three minutes, under a key agreed for that entry',
  }),
  randomLayout: setting(true, ['B-7.5.5-8', 'C-6.2.1.1-L3a'], {
    zh: '按键随机排列',
    en: 'Keys stand in random order',
  }),
  pictureKeys: setting(true, ['B-7.5.5-9'], {
    zh: '按键以图片显示',
    en: 'Keys are pictures',
  }),
  sealsEachTap: setting(true, ['B-7.5.5-3', 'D-5.6.1-a.2', 'A-7.1-5'], {
    zh: '逐键加密，客户端内存中从不出现完整口令',
    en: 'Each tap is sealed by itself; the whole secret never exists on the client',
  }),
  echo: setting('none' as const, ['C-6.2.1.1-L3b', 'D-5.2.2.2-a-s2', 'D-5.2.2.2-b'], {
    zh: '不回显按键，统一以同一符号遮蔽，无明文开关',
    en: 'No key echo, one mask sign for all, no way to show it',
  }),
}

export const phoneChange = {
  onlineWithinMs: setting(72 * hourMs, ['A-6.4-7', 'A-6.4-10'], {
    zh: '七十二小时内',
    en: 'Within 72 hours …',
  }),
  maxOnline: setting(1, ['A-6.4-6', 'A-6.4-10'], {
    zh: '线上最多更换一次手机号',
    en: '… the number changes online once at most',
  }),
  extraFactors: setting(2, ['A-6.4-9', 'A-6.6-2'], {
    zh: '线上更换须额外双因素认证',
    en: 'An online change takes two factors more',
  }),
}
