import { Refusal } from '@anqu/contract'
import { hexToBytes } from '@anqu/encoding'
import { constantTimeEqual } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { sql, uuidv7, type Clock, type Db } from '@anqu/platform'
import type { Keys } from '../../needs/keys.ts'
import { randomBelow } from './domain/keyboard-layout.ts'

export type OtpPurpose =
  | 'register'
  | 'login'
  | 'bind-device'
  | 'release-device'
  | 'resume-certificate'
  | 'set-transaction-password'
  | 'operation'
  | 'staff-login'

/** Sends one text message; throws when the operator did not take it. */
export type SendSms = (message: { phone: string; text: string; reference: string }) => Promise<void>

export type OtpOrder = {
  readonly purpose: OtpPurpose
  /** What else the code is good for: account, login, phone or order. A code fits nothing else. */
  readonly binding: string
  readonly phone: string
  /** Named in the text, so that the customer sees what the code is for (A-6.4-5). */
  readonly about?: string
}

export type OtpTicket = { otpId: string; phoneMasked: string; expiresAtMs: number; resendAtMs: number }

export type Otp = {
  send(order: OtpOrder): Promise<OtpTicket>
  /** Throws `factor.rejected` unless the code is right, in time, unused and for this purpose and binding. */
  verify(entry: { otpId: string; otp: string; purpose: OtpPurpose; binding: string }): Promise<void>
}

const purposeText: Readonly<Record<OtpPurpose, string>> = {
  register: '注册账户',
  login: '在新设备登录',
  'bind-device': '绑定设备并申请证书',
  'release-device': '停用设备及其证书',
  'resume-certificate': '恢复使用设备证书',
  'set-transaction-password': '设置交易密码',
  operation: '确认交易',
  'staff-login': '登录管理后台',
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

export const maskPhone = (phone: string): string => `${phone.slice(0, 3)}****${phone.slice(-4)}`

const randomOtp = (): string => String(randomBelow(10 ** policy.otp.digits)).padStart(policy.otp.digits, '0')

/**
 * One-time codes by SMS: one use, five minutes, five tries (A-6.4-1, A-6.4-2, A-6.4-3). Sending is limited by minute and hour
 * for each purpose, so that nobody waits between two different steps, and by day for the phone (C-6.2.1.3-L2a-s1).
 */
export function createOtp(needs: {
  db: Db
  clock: Clock
  keys: Pick<Keys, 'lookup'>
  sendSms: SendSms
}): Otp {
  const { db, clock, keys, sendSms } = needs
  const digestOf = (otpId: string, otp: string): string => keys.lookup('otp', `${otpId}\n${otp}`)
  // A binding may hold a phone number; only its keyed digest is stored.
  const bindingDigest = (binding: string): string => keys.lookup('otp-binding', binding)

  /** Counts and inserts in one statement, so that parallel requests cannot pass the limit together. */
  const insert = async (order: OtpOrder, otpId: string, codeDigest: string): Promise<boolean> => {
    const nowMs = clock.nowMs()
    const phoneLookup = keys.lookup('phone', order.phone)
    return db.transaction(async (tx) => {
      // A transaction-long lock on the phone number makes its requests queue up.
      await tx.execute(sql`
        insert into failure_counter (subject, scope, consecutive, lock_level, day_started_at_ms, day_count, cumulative, locked_until_ms)
        values (${phoneLookup}, 'otp-send', 0, 0, ${nowMs}, 0, 0, 0) on conflict do nothing`)
      await tx.execute(
        sql`select 1 from failure_counter where subject = ${phoneLookup} and scope = 'otp-send' for update`,
      )
      const sent = await tx.one<{ minute: bigint; hour: bigint; day: bigint }>(sql`
        select count(*) filter (where created_at_ms > ${nowMs - minuteMs} and purpose = ${order.purpose}) as minute,
          count(*) filter (where created_at_ms > ${nowMs - hourMs} and purpose = ${order.purpose}) as hour, count(*) as day
        from otp where phone_lookup = ${phoneLookup} and created_at_ms > ${nowMs - dayMs}`)
      const { perMinute, perHour, perDay } = policy.otp
      if (Number(sent.minute) >= perMinute || Number(sent.hour) >= perHour || Number(sent.day) >= perDay)
        return false
      // A newer code ends the older ones of the same purpose.
      await tx.execute(sql`
        update otp set state = 'replaced' where phone_lookup = ${phoneLookup} and purpose = ${order.purpose} and state = 'sent'`)
      await tx.execute(sql`
        insert into otp (otp_id, purpose, binding, phone_lookup, code_digest, tries, state, created_at_ms, expires_at_ms)
        values (${otpId}, ${order.purpose}, ${bindingDigest(order.binding)}, ${phoneLookup}, ${codeDigest}, 0, 'sent', ${nowMs}, ${nowMs + policy.otp.validMs})`)
      return true
    })
  }
  return {
    async send(order) {
      const otpId = uuidv7(clock.nowMs())
      const otp = randomOtp()
      if (!(await insert(order, otpId, digestOf(otpId, otp))))
        throw new Refusal('request.too-often', 'otp', clock.nowMs() + minuteMs)
      const about = order.about === undefined ? '' : `（${order.about}）`
      const minutes = policy.otp.validMs / minuteMs
      const text = `【安渠】验证码${otp}，用于${purposeText[order.purpose]}${about}，${minutes}分钟内有效。请勿告知任何人，工作人员不会索要。`
      await sendSms({ phone: order.phone, text, reference: otpId })
      const nowMs = clock.nowMs()
      return {
        otpId,
        phoneMasked: maskPhone(order.phone),
        expiresAtMs: nowMs + policy.otp.validMs,
        resendAtMs: nowMs + minuteMs,
      }
    },
    async verify({ otpId, otp, purpose, binding }) {
      // The try is counted before the compare; the fifth wrong one ends the code.
      const row = await db.maybe<{ code_digest: string; purpose: string; binding: string }>(sql`
        update otp set tries = tries + 1
        where otp_id = ${otpId} and state = 'sent' and tries < ${policy.otp.maxTries} and expires_at_ms > ${clock.nowMs()}
        returning code_digest, purpose, binding`)
      const right =
        row !== undefined &&
        row.purpose === purpose &&
        row.binding === bindingDigest(binding) &&
        constantTimeEqual(hexToBytes(row.code_digest), hexToBytes(digestOf(otpId, otp)))
      if (!right) throw new Refusal('factor.rejected', `otp for ${purpose}`)
      const burnt = await db.execute(
        sql`update otp set state = 'used' where otp_id = ${otpId} and state = 'sent'`,
      )
      if (burnt !== 1) throw new Refusal('factor.rejected', 'otp used by another request')
    },
  }
}
