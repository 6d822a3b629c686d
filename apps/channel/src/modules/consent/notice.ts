type Bilingual = { readonly zh: string; readonly en: string }
const t = (zh: string, en: string): Bilingual => ({ zh, en })

/** The privacy notice in force. A change of any text needs a new version; customers are asked again then. */
export const notice = {
  version: '2026-12',
  title: t('安渠隐私政策', 'Anqu privacy notice'),
  introduction: t(
    '我们仅为向您提供保险与支付服务而处理必要的个人信息。您可以不同意；不同意时仍可浏览产品和条款。',
    'We handle personal information only as far as insurance and payment services need it. You may refuse; you can still browse products and terms.',
  ),
  sections: [
    {
      heading: t('我们如何保护您的信息', 'How we protect your information'),
      text: t(
        '所有信息以国密算法加密传输与存储，页面默认脱敏展示；密码经安全键盘逐键加密，我们的员工无法看到。',
        'Everything is encrypted with SM algorithms on the way and at rest and shown masked; passwords are sealed key by key on a secure keyboard and no member of staff can see them.',
      ),
    },
    {
      heading: t('保存期限', 'How long we keep it'),
      text: t(
        '业务存续期间及法律要求的期限内保存；注销后删除或匿名化，仅保留法律要求的证据。',
        'While you are a customer and as long as the law asks; after you leave it is deleted or made anonymous except for evidence the law requires.',
      ),
    },
    {
      heading: t('您的权利', 'Your rights'),
      text: t(
        '您可以查阅、更正、删除您的信息，撤回同意，或者注销账户。入口：我的—设置—隐私。',
        'You can see, correct and delete your information, withdraw consent or close your account under Me, Settings, Privacy.',
      ),
    },
  ],
  purposes: [
    {
      key: 'service',
      required: true,
      title: t('保险与支付服务', 'Insurance and payment'),
      why: t(
        '实名注册、投保、支付保费和理赔所必需。',
        'Needed to register under your real name, insure, pay and claim.',
      ),
      data: [
        t('姓名', 'Name'),
        t('身份证号', 'Identity number'),
        t('手机号', 'Phone number'),
        t('交易信息', 'Transactions'),
      ],
    },
    {
      key: 'device-safety',
      required: true,
      title: t('设备与账户安全', 'Safety of device and account'),
      why: t(
        '识别新设备和异常环境，防止盗用。',
        'To notice new devices and unusual surroundings and prevent misuse.',
      ),
      data: [
        t('设备型号', 'Device model'),
        t('系统版本', 'System version'),
        t('网络类型', 'Kind of network'),
      ],
    },
    {
      key: 'recommendation',
      required: false,
      title: t('个性化推荐', 'Personal recommendations'),
      why: t(
        '根据您的保单推荐产品，可随时关闭。',
        'To suggest products that fit your policies; you can turn it off at any time.',
      ),
      data: [t('保单信息', 'Policies')],
    },
  ],
  collected: [
    {
      item: t('姓名、身份证号', 'Name, identity number'),
      purpose: t('实名核验与承保', 'Identification and insuring'),
    },
    { item: t('手机号', 'Phone number'), purpose: t('登录验证与通知', 'Codes and notices') },
    {
      item: t('电子邮箱（自愿填写）', 'E-mail address, if you give one'),
      purpose: t('安全警示', 'Security warnings'),
    },
    { item: t('设备信息', 'Device details'), purpose: t('账户安全', 'Account safety') },
  ],
  shared: [
    {
      party: t('开户银行', 'Your bank'),
      item: t('姓名、身份证号、手机号', 'Name, identity number, phone'),
      purpose: t('核验并扣划保费', 'To check and collect the premium'),
    },
    {
      party: t('短信与消息服务商', 'Operator of text messages, push and e-mail'),
      item: t(
        '手机号、匿名账户编号、您填写的电子邮箱',
        'Phone number, pseudonymous account number, the e-mail address you gave',
      ),
      purpose: t('发送验证码与安全警示', 'To send codes and security warnings'),
    },
    {
      party: t('电子认证机构', 'Certification authority'),
      item: t('匿名账户编号、设备编号', 'Pseudonymous account and device numbers'),
      purpose: t('签发数字证书', 'To issue your certificate'),
    },
  ],
} as const
