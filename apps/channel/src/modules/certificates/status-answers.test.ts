import { FakeClock } from '@anqu/platform/testing'
import { createCsr, privateKeySigner } from '@anqu/pki'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AuthorityUnavailable } from './authority.ts'
import { builtIn, type AdaptedCa } from './authority-adapters.fixture.ts'
import { createStatusAnswers } from './status-answers.ts'

const minuteMs = 60_000
let ca: AdaptedCa
let chain: Uint8Array[]
beforeAll(async () => {
  ca = await builtIn()
  const csr = await createCsr({
    key: privateKeySigner(Sm2PrivateKey.generate()),
    subject: [{ type: 'CN', value: 'anqu-channel-encryption' }],
  })
  chain = await ca.authority.issueServer(csr, 'encryption')
}, 180_000)
afterAll(() => ca.close())

test('many ask at once and the CA is asked once; while it is away the last answer does, until it runs out', async () => {
  const clock = new FakeClock(ca.clock.nowMs())
  let [asked, away] = [0, false]
  const answers = createStatusAnswers({
    clock,
    authority: {
      statusAnswer: (question) => {
        asked += 1
        if (away) return Promise.reject(new AuthorityUnavailable('away'))
        return ca.authority.statusAnswer(question)
      },
    },
  })
  const all = await Promise.all(Array.from({ length: 20 }, () => answers(chain)))
  expect([new Set(all).size, asked, all[0]?.status]).toEqual([1, 1, 'good'])
  await answers(chain)
  expect(asked).toBe(1)
  away = true
  clock.setTo(clock.nowMs() + minuteMs)
  expect(await answers(chain)).toBe(all[0])
  expect(asked).toBe(2)
  clock.setTo(all[0]?.nextUpdateMs ?? 0)
  await expect(answers(chain)).rejects.toBeInstanceOf(AuthorityUnavailable)
})
