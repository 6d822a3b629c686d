import {
  devicesList,
  staffApplications,
  staffHoldCertificate,
  staffPropose,
  staffProposeCampaign,
} from '@anqu/contract'
import { type Customer } from '@anqu/conformance/system'
import { expect, test } from 'vitest'
import { openPage } from './support/browser.ts'
import { inChromium } from './support/in-chromium.ts'
import { StaffAtDesk } from './support/staff-at-desk.ts'

const desk = { name: 'desk', widthPx: 1280, heightPx: 800 }
const phone = { name: 'phone', widthPx: 390, heightPx: 844 }

inChromium('certificates and cards at the console in Chromium', (live) => {
  const serialOf = async (customer: Customer): Promise<string> =>
    (await customer.app.call(devicesList, {})).devices[0]?.certificateSerial ?? ''

  async function atDesk(role: 'operator' | 'administrator', name: string, size = desk) {
    const { page, misdeeds } = await openPage(live.browser, {
      url: live.system.addresses['console'] ?? '',
      ...size,
    })
    const { account } = await live.system.newStaff(role)
    const staff = new StaffAtDesk(live.system, page, { account, name })
    await staff.login()
    return { staff, page, misdeeds }
  }

  test('one proposes to revoke a customer’s certificate and cannot approve it, another does, and the payment is refused', async () => {
    const customer = await live.system.fixtures.freshReady()
    const serial = await serialOf(customer)
    await customer.pay()
    const { staff: first, page: firstPage, misdeeds } = await atDesk('operator', 'revoke-first')
    await first.open('证书')
    await firstPage.getByRole('textbox', { name: '序列号' }).fill(serial)
    await first.press('查询')
    await firstPage.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1)
    await firstPage.locator('tbody tr').first().focus()
    await firstPage.keyboard.press('Enter')
    await first.see('证书链')
    await first.look('detail')
    await first.press('申请吊销')
    await firstPage.getByRole('textbox', { name: '原因说明' }).fill('客户来电，手机被盗')
    await first.look('dialog')
    await first.press('提交申请')
    await first.see('申请已提交')
    await first.press('前往审批')
    await first.see('这是您本人提交的申请，须由另一位同事批准。')
    expect(await firstPage.getByRole('button', { name: '批准', exact: true }).count()).toBe(0)
    await first.look('own')

    const { staff: second, page, misdeeds: others } = await atDesk('administrator', 'revoke-second')
    await second.open('审批')
    await second.see('客户来电，手机被盗')
    await second.look('approvals')
    await second.press('批准')
    await second.look('confirm')
    await second.press('确认批准')
    await second.see('没有待审批的申请')
    await expect(customer.pay()).rejects.toMatchObject({ code: 'certificate.not-usable' })
    await page.getByRole('button', { name: '全部', exact: true }).click()
    await second.see('已批准')
    await second.press(serial)
    await page.getByText('密钥泄露或设备丢失').waitFor()
    expect([...misdeeds, ...others]).toEqual([])
  })

  test('one locks a customer’s card alone, but to empty it takes another one’s approval', async () => {
    await live.system.fixtures.ready()
    const { staff: first, page, misdeeds } = await atDesk('operator', 'cards-first')
    await first.open('安全单元')
    await page.locator('tbody tr').first().click()
    await first.see('步骤记录')
    await first.look('detail')
    await page.locator('.co-drawer').getByRole('button', { name: '锁定', exact: true }).click()
    await page.getByRole('textbox', { name: '原因说明' }).fill('客户来电，手机丢失')
    await first.look('dialog')
    await page.locator('dialog').getByRole('button', { name: '锁定', exact: true }).click()
    await first.see('卡片下次联系时执行')
    await first.see('待锁定')
    await first.press('申请清空')
    await page.getByRole('textbox', { name: '原因说明' }).fill('客户不再使用此设备')
    await first.press('提交申请')
    await first.see('这是您本人提交的申请，须由另一位同事批准。')
    await first.look('own')
    const { staff: second, page: other, misdeeds: others } = await atDesk('administrator', 'cards-second')
    await second.open('安全单元')
    await second.see('客户不再使用此设备')
    await second.press('批准')
    await second.see('待清空')
    expect(await other.getByText('待审批的申请').count()).toBe(0)
    expect([...misdeeds, ...others]).toEqual([])
  })

  test.each([desk, phone])(
    'every view of certificates and cards fits a $name in both languages and themes and breaks no policy',
    async (size) => {
      const held = await serialOf(await live.system.fixtures.ready())
      const operator = await live.system.newStaff('operator')
      await operator.login()
      await operator.call(staffHoldCertificate, { serial: held, reason: '怀疑密钥泄露' })
      await operator.call(staffPropose, {
        action: {
          kind: 'change-profile',
          name: 'customer-signing',
          parameters: {
            validDays: 300,
            nearExpiryDays: 20,
            keyUsage: ['digitalSignature', 'nonRepudiation'],
          },
        },
      })
      await operator.call(staffPropose, {
        action: { kind: 'resume', serial: held, reason: '已与客户核实，设备找回' },
      })
      const [application] = (await operator.call(staffApplications, {})).applications
      if (application === undefined) throw new Error('no application')
      const { applicationId, version } = application
      await operator.call(staffProposeCampaign, { name: '冬季更新', applicationId, version })
      const { staff, page, misdeeds } = await atDesk('administrator', `certificates-${size.name}`, size)
      const base = live.system.addresses['console'] ?? ''
      const places = {
        search: ['certificates', '.co-table'],
        detail: [`certificates?open=${held}`, '.co-drawer .aq-facts'],
        calendar: ['certificates?view=calendar&year=2', '.co-day[data-level]'],
        statistics: ['certificates?view=statistics', '.co-shares'],
        profiles: ['certificates?view=profiles', '.co-table'],
        profile: ['certificates?view=profiles&open=customer-signing', '.co-drawer form'],
        publication: ['certificates?view=publication', '.co-table'],
        approvals: ['approvals', '.co-proposal'],
        cards: ['cards', '.co-table'],
        applications: ['cards?view=applications', '.co-proposal'],
        campaigns: ['cards?view=campaigns', '.co-proposal'],
        batches: ['cards?view=batches', '.co-proposals'],
        keys: ['cards?view=keys', '.co-table'],
      } as const
      const lookAtAll = async (look: string) => {
        for (const [name, [place, shown]] of Object.entries(places)) {
          await page.goto(`${base}/#/${place}`)
          await page.locator(shown).first().waitFor()
          await staff.look(`${look}-${name}`)
          const wide = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          )
          expect([name, wide]).toEqual([name, 0])
        }
      }
      await lookAtAll('zh')
      await page.goto(`${base}/#/overview`)
      await page.getByText('English').click()
      await lookAtAll('en')
      await page.goto(`${base}/#/overview`)
      await page.getByText('Dark').click()
      await lookAtAll('dark')
      expect(misdeeds).toEqual([])
    },
  )
})
