import { consentNotice, identityProfile } from '@anqu/contract'
import { bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { buildCertificate, parseCertificate, privateKeySigner, randomSerial } from '@anqu/pki'
import { policy } from '@anqu/policy'
import { control, type Control } from '../runner/control.ts'
import { codeOf, connectRaw, flipped, type RawPeer } from '../system/sealed.ts'

const path = consentNotice.path
const route = `POST ${path}`
const plaintext = utf8ToBytes(JSON.stringify({ language: 'zh' }))

const nameOf = async (attempt: () => Promise<unknown>): Promise<string> =>
  attempt().then(
    () => 'accepted',
    (error: unknown) =>
      error instanceof Error ? ('code' in error ? String(error.code) : error.message) : String(error),
  )

async function strangersRoot() {
  const key = Sm2PrivateKey.generate()
  const name = [{ type: 'CN' as const, value: 'stranger' }]
  const certificate = await buildCertificate({
    serial: randomSerial(),
    subject: name,
    issuer: 'self',
    publicKey: key.publicKey,
    notBeforeMs: Date.parse('2026-01-01'),
    notAfterMs: Date.parse('2036-01-01'),
    signer: privateKeySigner(key),
    extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign'] },
  })
  return parseCertificate(certificate)
}

const opened = (peer: RawPeer, sequence: bigint, body: Uint8Array): string =>
  bytesToUtf8(peer.channel.open(route, sequence, body))

export const messageControls: readonly Control[] = [
  control({
    id: 'message.mutual-authentication',
    title: { zh: '客户端与服务器以国密密钥双向认证', en: 'Client and server authenticate each other' },
    clauses: ['A-8.2-1', 'B-7.5.10.1-2', 'B-7.5.10.1-10', 'D-5.6.2-a.3'],
    async check(system, evidence) {
      const peer = await connectRaw(system)
      evidence.holds('双方握手成功', peer.channel.idHex.length === 32)
      const verdicts = {
        客户端拒绝不在信任名单的根证书: await nameOf(async () =>
          connectRaw(system, { anchors: [await strangersRoot()] }),
        ),
        客户端拒绝名称不符的服务器: await nameOf(() => connectRaw(system, { serverName: 'other-server' })),
        客户端拒绝未证明持有私钥的服务器: await nameOf(() =>
          connectRaw(system, { changeServerHello: (bytes) => flipped(bytes, -1) }),
        ),
        服务器拒绝未证明持有私钥的客户端: await nameOf(() =>
          connectRaw(system, { changeFinish: (bytes) => flipped(bytes, -1) }),
        ),
      }
      const expected = [
        'message.untrusted-server',
        'message.untrusted-server',
        'message.tampered',
        'message.tampered',
      ]
      for (const [index, [what, met]] of Object.entries(verdicts).entries())
        evidence.holds(what, met === expected[index], { met })
      const stranger = await connectRaw(system)
      const { record } = stranger.channel.seal(route, plaintext)
      const foreign = codeOf(await stranger.send(path, record, peer.channel.idHex))
      evidence.holds('以他人通道号发送的消息被拒绝', foreign === 'message.tampered', { met: foreign })
    },
  }),
  control({
    id: 'message.once',
    title: { zh: '每条消息只接受一次，序号只增', en: 'Each message is accepted once, in rising sequence' },
    clauses: ['A-7.2-4', 'D-5.6.2-e.1'],
    async check(system, evidence) {
      const peer = await connectRaw(system)
      const first = peer.channel.seal(route, plaintext)
      const second = peer.channel.seal(route, plaintext)
      const third = peer.channel.seal(route, plaintext)
      const answer = await peer.send(path, second.record)
      evidence.holds(
        '第二条消息被接受',
        answer.status === 200 && opened(peer, second.sequence, answer.body) !== '',
      )
      const again = codeOf(await peer.send(path, second.record))
      evidence.holds('重放同一消息被拒绝', again === 'message.replayed', { met: again })
      const late = codeOf(await peer.send(path, first.record))
      evidence.holds('迟到的旧序号被拒绝', late === 'message.replayed', { met: late })
      const next = await peer.send(path, third.record)
      evidence.holds('后续序号照常接受', next.status === 200, { status: next.status })
    },
  }),
  control({
    id: 'message.time-stamp',
    title: { zh: '消息带时间戳，超出合理范围即拒绝', en: 'Messages carry a time stamp that must be near' },
    clauses: ['D-5.6.2-e.2-s1'],
    async check(system, evidence) {
      for (const [what, shiftMs, code] of [
        ['时间偏差一分钟之内的消息被接受', 60_000, 'accepted'],
        ['时间偏差超过窗口的消息被拒绝', policy.message.clockWindowMs + 30_000, 'message.stale'],
        ['时间过早的消息被拒绝', -policy.message.clockWindowMs - 30_000, 'message.stale'],
      ] as const) {
        let offsetMs = 0
        const clock = { nowMs: () => system.clock.nowMs() + offsetMs }
        const peer = await connectRaw(system, { clock })
        offsetMs = shiftMs
        const { record } = peer.channel.seal(route, plaintext)
        const answer = await peer.send(path, record)
        const met = codeOf(answer)
        evidence.holds(what, met === code, { shiftMs, met })
      }
    },
  }),
  control({
    id: 'message.integrity',
    title: { zh: '消息被改动一位即被发现', en: 'A single changed bit is noticed' },
    clauses: ['A-7.2-3', 'D-5.6.1-b-s1', 'D-5.6.2-c.1', 'D-5.6.2-c.3', 'C-6.1.5.1-p1-s2'],
    async check(system, evidence) {
      const peer = await connectRaw(system)
      const { record: sample } = peer.channel.seal(route, plaintext)
      const places = [0, 1, 5, 20, 30, Math.floor(sample.length / 2), sample.length - 17, sample.length - 1]
      for (const at of places) {
        const { record } = peer.channel.seal(route, plaintext)
        const answer = await peer.send(path, flipped(record, at))
        evidence.holds(`请求第${at}字节改动一位被拒绝`, answer.status >= 400, { met: codeOf(answer) })
      }
      const moved = peer.channel.seal(route, plaintext)
      const elsewhere = codeOf(await peer.send('/api/v1/insurance/products', moved.record))
      evidence.holds('改变请求去向被拒绝', elsewhere === 'message.tampered', { met: elsewhere })
      const honest = peer.channel.seal(route, plaintext)
      const answer = await peer.send(path, honest.record)
      evidence.holds('未改动的请求被接受', answer.status === 200)
      const met = await nameOf(async () =>
        opened(peer, honest.sequence, flipped(answer.body, answer.body.length - 20)),
      )
      evidence.holds('应答改动一位被客户端发现', met === 'message.tampered', { met })
      evidence.holds('未改动的应答可以打开', opened(peer, honest.sequence, answer.body).includes('version'))
    },
  }),
  control({
    id: 'message.secrecy',
    title: { zh: '应用层加密：中间人只看到密文', en: 'Sealed above the transport: a relay sees nothing' },
    clauses: ['A-7.2-2', 'C-6.1.5.2-a', 'C-6.1.8-p3', 'D-5.6.2-a.1-s1', 'D-5.6.2-b.1-s1', 'D-5.6.2-b.3'],
    async check(system, evidence) {
      const { customer, challenged } = await system.fixtures.paid()
      const { app, person } = customer
      await app.call(identityProfile, {})
      const calls = app.exchanges.filter(({ request }) => /\/(api|message)\//.test(request.url))
      evidence.holds('检查完整业务过程的全部往来', calls.length >= 30, { exchanges: calls.length })
      const foreign = calls.filter(({ request, answer }) => {
        const types = [request.headers['content-type'] ?? '', answer.headers['content-type'] ?? '']
        return !types.every((type) => /vnd\.anqu\.sealed|octet-stream/.test(type))
      })
      evidence.holds('全部请求与应答均为密封消息', foreign.length === 0, { unsealed: foreign.length })
      const wire = Buffer.concat(
        calls.flatMap(({ request, answer }) => [request.body ?? new Uint8Array(), answer.body]),
      )
      const secrets = {
        姓名: person.name,
        证件号: person.idNumber,
        手机号: person.phone,
        登录密码: person.loginPassword,
        交易密码: person.transactionPassword,
        收款方: challenged.prepared.operation.payee,
        字段名: 'accountId',
      }
      for (const [what, secret] of Object.entries(secrets))
        evidence.holds(`往来字节中找不到${what}`, !wire.includes(secret), { searchedBytes: wire.length })
      const plain = app.answers.map(({ text }) => text).join('')
      evidence.holds(
        '同样的内容在打开的应答中确实存在',
        plain.includes('accountId') && plain.includes(secrets.收款方),
      )
    },
  }),
  control({
    id: 'message.renegotiation',
    title: { zh: '会话密钥按次数和时间重新协商', en: 'Session keys are renegotiated by count and time' },
    clauses: ['A-9.2-3'],
    async check(system, evidence) {
      const { app } = await system.fixtures.newcomer()
      const ids = (): string[] => [
        ...new Set(app.exchanges.flatMap(({ request }) => request.headers['anqu-channel'] ?? [])),
      ]
      await app.client.call(consentNotice, { language: 'zh' })
      const [first = ''] = ids()
      for (let count = 0; count < policy.message.channelMessages + 5; count += 1)
        await app.client.call(consentNotice, { language: 'zh' })
      const last = app.exchanges.at(-1)?.request.headers['anqu-channel'] ?? ''
      evidence.holds('达到次数后使用新的通道', first !== '' && last !== first, {
        messages: policy.message.channelMessages,
      })
      let offsetMs = 0
      const clock = { nowMs: () => system.clock.nowMs() + offsetMs }
      const peer = await connectRaw(system, { clock })
      offsetMs = policy.message.channelMs + 1000
      evidence.holds('到达时限后通道不可再用', peer.channel.expired(), {
        channelMs: policy.message.channelMs,
      })
      const met = await nameOf(async () => peer.channel.seal(route, plaintext))
      evidence.holds('过期通道不能加密', met === 'message.unknown-channel', { met })
    },
  }),
]
