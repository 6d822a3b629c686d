import { defineDictionary } from '@anqu/ui'

export const meTexts = defineDictionary(
  {
    title: '我的',
    profile: '我的资料',
    name: '姓名',
    idNumber: '身份证号',
    phone: '手机号',
    since: '注册时间',
    maskedHint: '资料由服务器脱敏后返回，本应用不保存完整内容。',
    services: '服务',
    records: '业务记录',
    messages: '消息',
    security: '安全中心',
    settings: '设置',
    logout: '退出登录',
  },
  {
    title: 'Me',
    profile: 'My details',
    name: 'Name',
    idNumber: 'Identity number',
    phone: 'Mobile number',
    since: 'Customer since',
    maskedHint: 'Our server masks these before sending them; the app never holds them in full.',
    services: 'Services',
    records: 'Records',
    messages: 'Messages',
    security: 'Security',
    settings: 'Settings',
    logout: 'Log out',
  },
)
