import { capitalAmount } from '../domain/capital-amount.ts'
import { keyboardColumns, keyboardRows, randomBelow } from '../domain/keyboard-layout.ts'
import { bentText, between, disturb, drawPng, pictureFont } from './canvas.ts'

const ink = ['#1f3a5f', '#7a2e3a', '#2d5a3d', '#5b3a7a', '#6b4a1f']
// No digits, so no capital numerals are needed in the code itself, and none of the letters people confuse: 22⁴ = 234,256
// codes, above the 10,000 of B-7.5.6-6.
const alphabet = 'ABCDEFGHJKMNPQRSTUWXYZ'
const codeLength = 4

export const codeSpace = alphabet.length ** codeLength

export const randomCode = (): string =>
  Array.from({ length: codeLength }, () => alphabet.charAt(randomBelow(alphabet.length))).join('')

export const captchaSize = { widthPx: 144, heightPx: 52 } as const
export const confirmationSize = { widthPx: 320, heightPx: 150 } as const
export const keyboardSize = { widthPx: keyboardColumns * 36, heightPx: keyboardRows * 50 } as const

function paper(size: { widthPx: number; heightPx: number }, draw: Parameters<typeof drawPng>[1]): Uint8Array {
  return drawPng(size, (context) => {
    // One plain colour: a gradient is dithered and makes the PNG half as large again.
    context.fillStyle = `hsl(${between(0, 360)}, 28%, 93%)`
    context.fillRect(0, 0, size.widthPx, size.heightPx)
    draw(context)
  })
}

export function drawCaptcha(code: string): Uint8Array {
  return paper(captchaSize, (context) => {
    disturb(context, captchaSize, ink)
    bentText(context, code, { x: 8, y: 0, widthPx: 128, heightPx: 52, colours: ink })
    disturb(context, captchaSize, ink)
  })
}

/**
 * Payee and amount in capital numerals with the code written across them: whoever wants to read the code has what is
 * being paid, and to whom, before the eyes, and a picture made for another payment shows another amount (B-7.5.9.3-1).
 */
export function drawConfirmation(content: { payee: string; amountFen: bigint; code: string }): Uint8Array {
  return paper(confirmationSize, (context) => {
    context.fillStyle = '#26303c'
    context.textBaseline = 'top'
    context.font = pictureFont(13)
    context.fillText('收款方', 14, 12)
    context.fillText('金额', 14, 50)
    context.font = pictureFont(15)
    context.fillText(content.payee, 66, 11, 240)
    context.fillText(`人民币${capitalAmount(content.amountFen)}`, 66, 49, 240)
    const band = { widthPx: confirmationSize.widthPx, heightPx: 70 }
    context.save()
    context.translate(0, 78)
    disturb(context, band, ink)
    bentText(context, content.code, { x: 60, y: 0, widthPx: 200, heightPx: 64, colours: ink })
    context.restore()
    disturb(context, confirmationSize, ink)
  })
}

/** All keys of one keyboard as one picture; the client is never told what stands where (B-7.5.5-9). */
export function drawKeyboard(layout: string): Uint8Array {
  return drawPng(keyboardSize, (context) => {
    context.fillStyle = '#e3e7ed'
    context.fillRect(0, 0, keyboardSize.widthPx, keyboardSize.heightPx)
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    const width = keyboardSize.widthPx / keyboardColumns
    const height = keyboardSize.heightPx / keyboardRows
    for (const [cell, letter] of [...layout].entries()) {
      const x = (cell % keyboardColumns) * width
      const y = Math.floor(cell / keyboardColumns) * height
      context.fillStyle = '#ffffff'
      context.beginPath()
      context.roundRect(x + 2.5, y + 4, width - 5, height - 8, 6)
      context.fill()
      context.fillStyle = '#1c2733'
      context.font = pictureFont(between(20, 23))
      context.fillText(letter, x + width / 2 + between(-2, 2), y + height / 2 + between(-2, 2))
    }
  })
}
