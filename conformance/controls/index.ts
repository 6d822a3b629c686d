import type { Control } from '../runner/control.ts'
import { captchaControls, captchaExpiry } from './captcha.ts'
import { otpControls } from './otp.ts'

/** Every control, in the order they run. */
export const allControls: readonly Control[] = [...captchaControls, ...otpControls, captchaExpiry]
