import { utf8ToBytes } from '@anqu/encoding'
import { SecretBytes } from '@anqu/gm-crypto'
import type { NewStaff, Operators } from './modules/operators/index.ts'

export type DemoAccount = {
  readonly role: string
  readonly loginName: string
  readonly password: string
  readonly phone: string
}

/** Staff of the demo profile; printed at the start, so anybody may know them. The production profile creates none. */
const demoStaff: readonly (DemoAccount & Pick<NewStaff, 'displayName' | 'role'>)[] = [
  {
    role: 'operator',
    loginName: 'operator',
    displayName: '运营 柳青',
    password: 'river7stone4',
    phone: '19900000001',
  },
  {
    role: 'auditor',
    loginName: 'auditor',
    displayName: '审计 方正',
    password: 'cloud3paper8',
    phone: '19900000002',
  },
  {
    role: 'administrator',
    loginName: 'admin',
    displayName: '管理 陆安',
    password: 'maple5glass2',
    phone: '19900000003',
  },
]

export async function addDemoStaff(operators: Operators): Promise<DemoAccount[]> {
  for (const { loginName, displayName, role, phone, password } of demoStaff)
    await operators.add({
      loginName,
      displayName,
      role,
      phone,
      password: SecretBytes.from(utf8ToBytes(password)),
    })
  return demoStaff.map(({ role, loginName, password, phone }) => ({ role, loginName, password, phone }))
}
