import { dayMs, hourMs, minuteMs, secondMs, setting, yuanFen } from './setting.ts'

/** Ceilings of the institution and what applies until the customer sets less. In fen. */
export type LimitCeilings = {
  readonly defaultPerOperationFen: bigint
  readonly defaultPerDayFen: bigint
  readonly ceilingPerOperationFen: bigint
  readonly ceilingPerDayFen: bigint
}

/** The pipeline of critical operations. */
export const operations = {
  critical: setting<readonly string[]>(
    [
      'insure',
      'pay',
      'benefit',
      'change-policy',
      'claim',
      'loan',
      'transfer',
      'bind-card',
      'redeem-points',
      'change-personal-data',
      'reveal-personal-data',
    ],
    ['C-3.5', 'C-6.3.2-a-s1', 'C-6.3.2-a-s2', 'C-6.2.1.1-L2a', 'C-6.2.1.1-L2b'],
    {
      zh: '关键操作：双因素加二次授权',
      en: 'Critical operations: two factors and a second authorisation',
    },
  ),
  factors: setting<readonly string[]>(
    ['transaction-password', 'otp', 'confirmation-picture', 'se-signature'],
    ['A-6.6-3', 'C-6.2.1.1-L2a', 'C-6.3.2-e-s1', 'B-7.5.9.3-1', 'D-5.6.2-d.1'],
    {
      zh: '依次为交易密码、短信验证码、确认图片、安全单元签名',
      en: 'Transaction password, code, confirmation picture and signature of the secure element, in this order',
    },
  ),
  confirmWithinMs: setting(15 * minuteMs, ['D-5.3.3.4-b', 'B-7.5.4-3'], {
    zh: '业务发起后十五分钟内确认，否则作废',
    en: 'To be confirmed within fifteen minutes, or it is void',
  }),
  leaseMs: setting(30 * secondMs, ['D-5.3.4', 'D-5.3.1.3'], {
    zh: '同一笔业务同时只由一个执行者处理，租约三十秒',
    en: 'One worker at a time on one operation, for thirty seconds',
  }),
  firstRequeryMs: setting(2 * secondMs, ['D-5.3.4'], {
    zh: '结果未知时两秒后首次查询，之后逐次加倍',
    en: 'An unknown outcome is asked for after two seconds, then at doubling intervals',
  }),
  longestRequeryMs: setting(5 * minuteMs, ['D-5.3.4'], {
    zh: '查询间隔最长五分钟',
    en: 'Never more than five minutes between two queries',
  }),
  resolveWithinMs: setting(hourMs, ['D-5.3.4'], {
    zh: '一小时仍未确定的，确保不生效后自动回退',
    en: 'What is still open after an hour is made sure to have no effect and rolled back',
  }),
  holdAfterMs: setting(2 * hourMs, ['D-5.3.4'], {
    zh: '两小时仍得不到可信答复的，挂起并告知工作人员',
    en: 'Without an answer that can be trusted for two hours an operation is held, and staff are told',
  }),
  heldRequeryMs: setting(hourMs, ['D-5.3.4'], {
    zh: '挂起期间每小时查询一次，得到答复即自动处理',
    en: 'While held it is asked for every hour, and goes on by itself once an answer comes',
  }),
  heldRequeryWithinMs: setting(7 * dayMs, ['D-5.3.4'], {
    zh: '七天后不再自动查询，只由工作人员发起',
    en: 'After seven days only staff ask',
  }),
  maxVersionsBehind: setting(1, ['B-7.5.1.4-3'], {
    zh: '落后超过一个版本不得办理资金业务',
    en: 'More than one version behind: no fund operation',
  }),
}

export const limits = {
  premium: setting<LimitCeilings>(
    {
      defaultPerOperationFen: 5_000n * yuanFen,
      defaultPerDayFen: 20_000n * yuanFen,
      ceilingPerOperationFen: 50_000n * yuanFen,
      ceilingPerDayFen: 200_000n * yuanFen,
    },
    ['C-6.3.2-d-s1', 'C-6.3.2-d-s2', 'D-5.3.3.4-b'],
    {
      zh: '保费支付：默认单笔五千元、每日两万元；机构上限单笔五万元、每日二十万元',
      en: 'Premiums: 5,000 yuan each and 20,000 a day by default; ceilings 50,000 and 200,000',
    },
  ),
  largeAmountFen: setting(50_000n * yuanFen, ['D-5.2.1.1-c-s2', 'C-6.3.3-e-s1'], {
    zh: '五万元及以上为大额；由机构按风险策略设定并记录',
    en: 'Large from 50,000 yuan on; set by the risk policy and written down here',
  }),
  smallRenewalFen: setting(1_000n * yuanFen, ['D-5.1-a'], {
    zh: '一千元及以下的续期保费属基础级',
    en: 'Renewals up to 1,000 yuan are of the basic grade',
  }),
  queriesPerMinute: setting(60, ['C-6.2.2-g'], {
    zh: '每用户、每设备每分钟六十次查询；标准未给数值',
    en: 'Sixty queries a minute for each user and each device; no value given',
  }),
}

export const insurance = {
  proposalValidMs: setting(30 * minuteMs, ['D-5.3.3.4-b'], {
    zh: '投保申请三十分钟内支付，否则重新投保',
    en: 'A proposal is paid within thirty minutes, or made anew',
  }),
}

/** Which value is shown as what: characters kept at the start and at the end, the middle as stars. */
export const masking = {
  phone: setting({ keepStart: 3, keepEnd: 4 }, ['D-5.6.4.1', 'C-6.2.3-a-s2', 'A-4.3-5'], {
    zh: '手机号保留前三后四',
    en: 'Phone number: first three and last four',
  }),
  idNumber: setting({ keepStart: 1, keepEnd: 1 }, ['D-5.6.4.1', 'C-6.2.3-a-s2', 'A-4.3-5'], {
    zh: '身份证号仅留首尾各一位',
    en: 'Identity number: first and last character',
  }),
  bankCard: setting({ keepStart: 0, keepEnd: 4 }, ['D-5.6.4.1', 'B-7.5.8-2', 'A-4.3-5'], {
    zh: '银行卡号仅留后四位',
    en: 'Bank card number: last four',
  }),
  fullValueFactors: setting(2, ['A-4.3-6', 'D-5.2.2.2-c.2-s2'], {
    zh: '查看完整信息须重新认证',
    en: 'The full value is shown after authenticating again',
  }),
  neverStored: setting<readonly string[]>(['cvv', 'card-expiry', 'bank-card-password'], ['D-5.6.3.1-s1'], {
    zh: '任何形式均不保存',
    en: 'Kept in no form whatever',
  }),
}

export const audit = {
  keptMs: setting(183 * dayMs, ['A-5.11-1'], {
    zh: '至少六个月，长于示例的三个月',
    en: 'Six months at least, longer than the three of the example',
  }),
  recordFields: setting<readonly string[]>(
    ['subject', 'atMs', 'event', 'outcome', 'description', 'origin', 'resource'],
    ['A-5.11-18'],
    {
      zh: '每条记录的七个要素',
      en: 'The seven fields of every record',
    },
  ),
  paymentFields: setting<readonly string[]>(
    [
      'scenario',
      'time',
      'amount',
      'merchantOrderNumber',
      'requestSerialNumber',
      'merchantNumber',
      'merchantName',
      'status',
      'payer',
    ],
    ['A-5.11-17'],
    {
      zh: '支付记录的九个要素',
      en: 'The nine fields of a payment',
    },
  ),
  clientWritesNone: setting(true, ['C-6.1.7.2-p1', 'C-6.1.7.2-p2', 'A-7.1-2', 'A-7.1-3'], {
    zh: '客户端不写任何日志',
    en: 'Clients write no log at all',
  }),
  chainCheckMs: setting(dayMs, ['D-5.4.4.2', 'D-5.6.1-b-s2'], {
    zh: '至少每天校验一次日志链',
    en: 'The chain is verified at least every day',
  }),
}
