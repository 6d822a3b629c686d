import { serveCard } from '@anqu/client'
import {
  staffApplications,
  staffDecideCampaign,
  staffProposeCampaign,
  staffSetApplication,
  staffUploadApplication,
} from '@anqu/contract'
import { hexToBytes } from '@anqu/encoding'
import { manufacturedLine, publishPackage } from '@anqu/conformance/system'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openPage } from './support/browser.ts'
import { inChromium } from './support/in-chromium.ts'
import { StaffAtDesk } from './support/staff-at-desk.ts'

/** A refused upload is seen by the browser too, which says so in its console. */
const toldByBrowser = (status: 422): string =>
  `console: Failed to load resource: the server responded with a status of ${status} (Unprocessable Entity)`

const desk = { name: 'desk', widthPx: 1280, heightPx: 800 }

inChromium('what staff do at the TSM, in Chromium', (live) => {
  async function atDesk(role: 'operator' | 'administrator', name: string) {
    const { page, misdeeds } = await openPage(live.browser, {
      url: live.system.addresses['console'] ?? '',
      ...desk,
    })
    const { account } = await live.system.newStaff(role)
    const staff = new StaffAtDesk(live.system, page, { account, name })
    await staff.login()
    await staff.open('安全单元')
    return { staff, page, misdeeds }
  }

  const choose = (page: Page, label: string, name: string, text: string) =>
    page.getByLabel(label).setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) })

  test('one uploads a package, the altered one is refused with its reason, and another one releases it', async () => {
    const entry = await publishPackage(live.system, 2)
    const { staff: first, page, misdeeds } = await atDesk('operator', 'package-first')
    await first.press('应用版本')
    await first.press('上传安装包')
    await choose(page, '安装包文件', 'notes.json', '{}')
    await first.see('所选文件不是有效的应用安装包')
    await choose(page, '安装包文件', 'large.json', ' '.repeat(200_000))
    await first.see('安装包超过 32 KB')
    const altered = { ...entry, loadFileHash: '00'.repeat(32) }
    await choose(page, '安装包文件', 'altered.json', JSON.stringify(altered))
    await first.press('上传并验证')
    await first.see('哈希或签名不符')
    await first.look('altered')
    await choose(page, '安装包文件', 'security-service-2.json', JSON.stringify(entry))
    await first.look('chosen')
    await first.press('上传并验证')
    await first.see('这是您上传的版本，须由另一位同事发布。')
    await first.look('uploaded')
    expect(await page.getByRole('button', { name: '发布', exact: true }).count()).toBe(0)
    const { staff: second, page: other, misdeeds: others } = await atDesk('administrator', 'package-second')
    await second.press('应用版本')
    await second.press('发布')
    await other.getByText('已撤回').waitFor()
    await second.look('released')
    expect([...misdeeds, ...others]).toEqual([toldByBrowser(422)])
  })

  test('a list of physical cards with a bad line is told which, the good one is approved by another', async () => {
    const { staff: first, page, misdeeds } = await atDesk('operator', 'batch-first')
    await first.press('实体卡登记')
    await first.press('提交制卡清单')
    await page.getByRole('textbox', { name: '批次名称' }).fill('第一批实体卡')
    const good = [await manufacturedLine(live.system), await manufacturedLine(live.system)]
    const list = (...lines: string[]) => ['card_id,key_set,transport_keys', ...lines, ''].join('\n')
    await choose(page, '清单文件（CSV）', 'cards.csv', list(good[0] ?? '', 'abc,1,x'))
    await first.press('提交')
    await first.see('卡号应为二十位小写十六进制')
    await first.look('bad-line')
    await choose(page, '清单文件（CSV）', 'cards.csv', list(...good))
    await first.press('提交')
    await first.see('这是您提交的清单，须由另一位同事批准。')
    await first.look('proposed')
    expect(await page.getByRole('button', { name: '批准登记', exact: true }).count()).toBe(0)
    const { staff: second, page: other, misdeeds: others } = await atDesk('administrator', 'batch-second')
    await second.press('实体卡登记')
    await second.press('批准登记')
    await other.locator('.co-proposal').getByText('已登记').waitFor()
    await second.press('卡片')
    await second.see('实体卡')
    await second.look('enrolled')
    expect([...misdeeds, ...others]).toEqual([])
  })

  test('one proposes a new master key, another approves it, and a card moves to it at its next contact', async () => {
    const { app } = await live.system.fixtures.freshReady()
    const { staff: first, page, misdeeds } = await atDesk('operator', 'master-key-first')
    await first.press('主密钥')
    await first.press('申请更换主密钥')
    await page.getByRole('textbox', { name: '原因说明' }).fill('年度更换主密钥')
    await first.press('提交申请')
    await first.see('这是您本人提交的申请，须由另一位同事批准。')
    await first.look('proposed')
    expect(await page.getByRole('button', { name: '批准更换', exact: true }).count()).toBe(0)
    const {
      staff: second,
      page: other,
      misdeeds: others,
    } = await atDesk('administrator', 'master-key-second')
    await second.press('主密钥')
    await second.press('批准更换')
    await second.see('更换中')
    await second.look('approved')
    await serveCard({ ...app.client, call: app.call.bind(app) }, app.card)
    await second.press('卡片')
    await second.press('主密钥')
    const newest = other.locator('tbody tr').first()
    await newest.getByText('使用中').waitFor()
    expect(await newest.locator('td').nth(2).textContent()).toBe('1')
    await second.look('moved')
    expect([...misdeeds, ...others]).toEqual([])
  })

  test('a campaign shows which card failed and why, and an operator tries it again', async () => {
    const customer = await live.system.fixtures.freshReady()
    const { app } = customer
    const [operator, administrator] = [
      await live.system.newStaff('operator'),
      await live.system.newStaff('administrator'),
    ]
    await operator.login()
    await administrator.login()
    const [known] = (await operator.call(staffApplications, {})).applications
    // No card of this build has that module, so that every card refuses it.
    const entry = await publishPackage(live.system, (known?.version ?? 0) + 1, {
      module: hexToBytes('f0414e51559999'),
    })
    const { applicationId, version } = (await operator.call(staffUploadApplication, entry)).application
    await administrator.call(staffSetApplication, { applicationId, version, state: 'active' })
    const { campaign } = await operator.call(staffProposeCampaign, {
      name: '冬季更新',
      applicationId,
      version,
    })
    const { campaignId } = campaign
    await administrator.call(staffDecideCampaign, { campaignId, decision: 'approve' })
    const served = serveCard({ ...app.client, call: app.call.bind(app) }, app.card)
    await expect(served).rejects.toMatchObject({ code: 'card.refused' })
    const { staff, page, misdeeds } = await atDesk('operator', 'campaign')
    await staff.press('批量更新')
    await staff.see('失败 1')
    await staff.press('查看失败卡片')
    await staff.see('卡片不接受此安装包')
    await staff.look('failed')
    await page.locator('tbody').getByRole('button', { name: '重试', exact: true }).first().click()
    await staff.see('失败 0')
    await staff.look('retried')
    expect(misdeeds).toEqual([])
  })
})
