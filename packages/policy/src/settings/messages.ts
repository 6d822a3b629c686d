import { dayMs, minuteMs, secondMs, setting } from './setting.ts'

/** The sealed messages between client and server. */
export const message = {
  clockWindowMs: setting(5 * minuteMs, ['D-5.6.2-e.1', 'D-5.6.2-e.2-s1'], {
    zh: '时间戳前后五分钟内有效；标准未给数值',
    en: 'Time stamps within five minutes count; the standard gives no value',
  }),
  channelMs: setting(10 * minuteMs, ['A-9.2-3'], {
    zh: '通道十分钟后重新协商密钥',
    en: 'A channel is negotiated anew after ten minutes',
  }),
  channelMessages: setting(1000, ['A-9.2-3'], {
    zh: '或一千条消息后重新协商',
    en: '… or after 1,000 messages',
  }),
  keyPerMessage: setting(true, ['A-9.2-2', 'A-11.3-5', 'D-5.6.2-e.2-s2'], {
    zh: '一消息一密钥',
    en: 'One key per message',
  }),
  accepted: setting('once, in rising sequence' as const, ['A-7.2-4', 'B-7.5.4-1', 'C-6.2.2-a'], {
    zh: '每条消息只接受一次且序号递增',
    en: 'Each message is accepted once, in rising sequence',
  }),
  mutualAuthentication: setting(true, ['A-8.2-1', 'B-7.5.10.1-2', 'D-5.6.2-a.3'], {
    zh: '双方以国密公钥互相认证',
    en: 'Both sides prove an SM2 key',
  }),
  maxBodyBytes: setting(64 * 1024, ['C-6.2.4-c', 'B-7.6-6'], {
    zh: '请求正文最大六十四千字节',
    en: 'A request body holds 64 KiB at most',
  }),
}

/** What may be used, what only by name until it is replaced, and what never. */
export const algorithms = {
  allowed: setting<readonly string[]>(
    [
      'SM2-256',
      'SM3',
      'SM4-GCM',
      'SM4-CCM',
      'SM4-CBC',
      'SM4-CTR',
      'HMAC-SM3',
      'HKDF-SM3',
      'PBKDF2-SM3',
      'SM4-CMAC',
    ],
    ['A-9.2-4', 'A-9.2-5', 'A-9.4-1', 'A-9.5-4', 'C-6.1.4-a', 'D-5.5.1.2-s3', 'D-5.5.1.5', 'B-7.3.2.1-3'],
    {
      zh: '默认只用国密算法',
      en: 'State algorithms by default',
    },
  ),
  transitional: setting<readonly string[]>(
    [
      'AES-128',
      'AES-192',
      'AES-256',
      'P-256',
      'P-384',
      'P-521',
      'RSA-3072',
      'RSA-4096',
      'SHA-256',
      'SHA-384',
      'SHA-512',
      '3DES-SCP02',
    ],
    ['A-9.2-6', 'A-9.2-7', 'A-9.2-8', 'A-9.2-9', 'A-9.4-2', 'A-9.5-5', 'A-9.5-6'],
    {
      zh: '过渡算法须逐个列名；3DES仅限SCP02',
      en: 'Transitional ones by name only; 3DES for SCP02 alone',
    },
  ),
  forbidden: setting<readonly string[]>(
    ['MD5', 'SHA-1', 'DES', 'RSA-1024', 'RSA-2048', 'ECB', 'RC4'],
    ['A-9.2-11', 'A-9.2-12', 'A-9.2-14', 'A-9.4-6', 'A-9.4-7', 'A-9.5-8', 'D-5.5.1.2-s1', 'D-5.5.1.2-s2'],
    {
      zh: '一律禁止；RSA不超过2048位按最严解释禁用',
      en: 'Never; RSA up to 2048 bits by the strictest reading',
    },
  ),
  tlsMinimum: setting(
    'TLS 1.2' as const,
    ['A-8.1-3', 'A-8.1-4', 'B-7.3.3.1-2', 'B-7.3.3.1-3', 'D-5.6.2-a.2'],
    {
      zh: '最低TLS 1.2，优先1.3；本机以外必须启用',
      en: 'TLS 1.2 at least, 1.3 preferred; required off loopback',
    },
  ),
  sm2DefaultUserId: setting('1234567812345678', ['B-7.3.2.1-3', 'C-6.1.4-a'], {
    zh: 'GM/T 0009规定的默认用户标识',
    en: 'The default user id of GM/T 0009',
  }),
}

export const keys = {
  dataKeyDays: setting(365, ['C-6.1.4-f', 'D-5.2.2.1-b-s2'], {
    zh: '数据密钥每年更换；标准要求定期但未给周期',
    en: 'Data keys change every year; the standards ask for a cycle without a value',
  }),
  states: setting<readonly string[]>(
    ['generated', 'active', 'suspended', 'archived', 'compromised', 'destroyed'],
    ['A-11.4.5-1', 'A-11.4.6-1', 'C-6.1.4-e-s1', 'D-5.5.2.1-s1'],
    {
      zh: '密钥生命周期状态；归档与销毁分开',
      en: 'States of a key; archived and destroyed are two',
    },
  ),
  custodiansNeeded: setting(2, ['A-11.3-17', 'A-11.3-18', 'A-11.3-15'], {
    zh: '双人控制，申请人不得审批',
    en: 'Two custodians act together; who asks never approves',
  }),
}

export const certificate = {
  validMs: setting(365 * dayMs, ['B-7.3.2.2-3', 'B-6.2.3-1'], {
    zh: '客户证书有效期一年',
    en: 'A customer certificate lives a year',
  }),
  nearExpiryMs: setting(30 * dayMs, ['B-6.2.3-2'], {
    zh: '到期前三十天在验证结果中提示即将过期',
    en: 'Thirty days before its end verification says so',
  }),
  fullListEveryMs: setting(dayMs, ['B-6.2.4-5', 'B-7.3.2.2-7'], {
    zh: '每日签发完整的撤销列表；标准未给数值',
    en: 'A complete revocation list a day; no value given',
  }),
  fullListValidMs: setting(2 * dayMs, ['B-7.3.2.2-7'], {
    zh: '完整列表两日内有效',
    en: 'A complete list holds for two days',
  }),
  deltaListEveryMs: setting(30 * minuteMs, ['B-6.2.4-5', 'B-7.3.2.2-7'], {
    zh: '增量列表随撤销即时签发，至少每半小时一次',
    en: 'A delta list follows each revocation at once, and every half hour at least',
  }),
  deltaListValidMs: setting(60 * minuteMs, ['B-7.3.2.2-7'], {
    zh: '增量列表一小时内有效',
    en: 'A delta list holds for an hour',
  }),
  rootListValidMs: setting(400 * dayMs, ['B-7.3.2.2-7'], {
    zh: '根的列表约一年由保管人重签一次',
    en: 'The list of the root is signed again by the custodians about once a year',
  }),
  ocspValidMs: setting(10 * minuteMs, ['B-7.3.2.2-7'], {
    zh: '证书状态应答十分钟内有效，过期不再提供',
    en: 'A status answer holds for ten minutes and is not served after them',
  }),
  unknownStatus: setting('refuse' as const, ['B-7.3.2.2-7'], {
    zh: '证书状态未知时资金操作一律拒绝',
    en: 'An unknown status refuses every fund operation',
  }),
}

export const device = {
  bindWithinMs: setting(10 * minuteMs, ['B-6.2.2-2', 'C-6.3.3-b-s2'], {
    zh: '绑定流程须在十分钟内完成；标准未给数值',
    en: 'A binding is finished within ten minutes; no value given',
  }),
  perAccount: setting(5, ['C-6.3.3-b-s2'], {
    zh: '每个账户最多五台有效设备；标准未给数值',
    en: 'Five active devices an account; no value given',
  }),
}

export const payments = {
  bankTimeoutMs: setting(8 * secondMs, ['D-5.3.4'], {
    zh: '银行八秒未答即记为未知，由查询决定，不当作失败',
    en: 'After eight seconds without an answer the outcome is unknown and settled by query, never taken as failed',
  }),
}
