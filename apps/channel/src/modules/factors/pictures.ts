import { Refusal } from '@anqu/contract'
import { bytesToBase64, hexToBytes } from '@anqu/encoding'
import { constantTimeEqual } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { uuidv7, type Clock, type ShortLivedStore } from '@anqu/platform'
import type { Keys } from '../../needs/keys.ts'
import {
  captchaSize,
  codeSpace,
  confirmationSize,
  drawCaptcha,
  drawConfirmation,
  randomCode,
} from './pictures/draw.ts'

export type PictureView = {
  pictureId: string
  png: string
  widthPx: number
  heightPx: number
  expiresAtMs: number
}

/** Tells the stand-in for the customer's eyes what a picture shows; in the demo profile only. */
export type Witness = (picture: {
  id: string
  kind: 'captcha' | 'confirmation' | 'keyboard'
  shows: string
}) => Promise<void>

export type Pictures = {
  issueCaptcha(): Promise<PictureView>
  issueConfirmation(content: { payee: string; amountFen: bigint; binding: string }): Promise<PictureView>
  /** Burns the picture whatever the answer is; throws unless the answer is right and made for `binding` (B-7.5.6-4). */
  verify(entry: { pictureId: string; answer: string; binding: string }): Promise<void>
}

type Needs = {
  clock: Clock
  store: ShortLivedStore
  keys: Pick<Keys, 'lookup'>
  witness: Witness | undefined
}

/** Picture codes are made, kept and compared here; a client never sees the text (B-7.5.6-1, B-7.5.6-2). */
export function createPictures({ clock, store, keys, witness }: Needs): Pictures {
  if (codeSpace < policy.captcha.minSpace) throw new Error('the picture code is too short for the policy')
  const digest = (pictureId: string, binding: string, answer: string): string =>
    keys.lookup('picture', `${pictureId}\n${binding}\n${answer.toUpperCase()}`)

  const issue = async (
    kind: 'captcha' | 'confirmation',
    binding: string,
    draw: (code: string) => { png: Uint8Array; widthPx: number; heightPx: number },
  ): Promise<PictureView> => {
    const pictureId = uuidv7(clock.nowMs())
    const code = randomCode()
    const { png, widthPx, heightPx } = draw(code)
    // Only a keyed digest is kept, so that a look into the store does not give answers away.
    await store.set(`picture:${pictureId}`, digest(pictureId, binding, code), policy.captcha.validMs)
    await witness?.({ id: pictureId, kind, shows: code })
    return {
      pictureId,
      png: bytesToBase64(png),
      widthPx,
      heightPx,
      expiresAtMs: clock.nowMs() + policy.captcha.validMs,
    }
  }
  return {
    issueCaptcha: () =>
      issue('captcha', captchaBinding, (code) => ({ png: drawCaptcha(code), ...captchaSize })),
    issueConfirmation: ({ payee, amountFen, binding }) =>
      issue('confirmation', binding, (code) => ({
        png: drawConfirmation({ payee, amountFen, code }),
        ...confirmationSize,
      })),
    async verify({ pictureId, answer, binding }) {
      const expected = await store.take(`picture:${pictureId}`)
      const given = hexToBytes(digest(pictureId, binding, answer))
      const right = expected !== undefined && constantTimeEqual(hexToBytes(expected), given)
      if (!right) throw new Refusal('factor.picture-rejected')
    },
  }
}

export const captchaBinding = 'captcha'
