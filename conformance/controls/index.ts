import type { Control } from '../runner/control.ts'
import { appTellsControls } from './app-tells.ts'
import { appPackageControls } from './app-package.ts'
import { auditControls } from './audit.ts'
import { bindingControls } from './binding.ts'
import { certificateAlgorithmControls } from './certificate-algorithms.ts'
import { certificateEnvelopeControls } from './certificate-envelope.ts'
import { certificateLifecycleControls } from './certificate-lifecycle.ts'
import { certificateRenewalControls } from './certificate-renewal.ts'
import { certificateStatusControls } from './certificate-status.ts'
import { certificateValidationControls } from './certificate-validation.ts'
import { certificateRevocationControls } from './certificate-revocation.ts'
import { captchaControls, captchaExpiry } from './captcha.ts'
import { clientEnvironmentControls } from './client-environment.ts'
import { dataEncryptionControls } from './data-encryption.ts'
import { encryptionStatusControls } from './encryption-status.ts'
import { incidentControls } from './incident.ts'
import { inputControls } from './input.ts'
import { keyboardControls } from './keyboard.ts'
import { lockoutControls } from './lockout.ts'
import { loginControls } from './login.ts'
import { messageControls } from './message.ts'
import { operationControls } from './operation.ts'
import { operationOutcomeControls } from './operation-outcome.ts'
import { operationSettlementControls } from './operation-settlement.ts'
import { otpControls } from './otp.ts'
import { passwordControls } from './password.ts'
import { privacyControls } from './privacy.ts'
import { randomFactorControls } from './random-factors.ts'
import { secureElementControls } from './secure-element.ts'
import { secureElementAccessControls } from './secure-element-access.ts'
import { secureElementAlgorithmControls } from './secure-element-algorithms.ts'
import { secureElementCertificateControls } from './secure-element-certificates.ts'
import { secureElementChannelControls } from './secure-element-channel.ts'
import { secureElementKeyControls } from './secure-element-keys.ts'
import { secureElementPathControls } from './secure-element-path.ts'
import { secureElementSecretControls } from './secure-element-secrets.ts'
import { sessionControls } from './session.ts'
import { signatureAlgorithmControls } from './signature-algorithms.ts'
import { signingFlowControls } from './signing-flow.ts'
import { userPrivateKeyControls } from './user-private-keys.ts'
import { storedKeyControls } from './stored-keys.ts'
import { transitionalAlgorithmControls } from './transitional-algorithms.ts'
import { tsmControls } from './tsm.ts'
import { tsmPackageControls } from './tsm-packages.ts'

/** Every control, in the order they run. */
export const allControls: readonly Control[] = [
  ...captchaControls,
  ...appPackageControls,
  ...otpControls,
  ...loginControls,
  ...lockoutControls,
  ...sessionControls,
  ...messageControls,
  ...inputControls,
  ...passwordControls,
  ...keyboardControls,
  ...privacyControls,
  ...secureElementControls,
  ...secureElementSecretControls,
  ...secureElementAccessControls,
  ...secureElementCertificateControls,
  ...secureElementKeyControls,
  ...secureElementAlgorithmControls,
  ...secureElementPathControls,
  ...secureElementChannelControls,
  ...userPrivateKeyControls,
  ...randomFactorControls,
  ...clientEnvironmentControls,
  ...tsmControls,
  ...tsmPackageControls,
  ...bindingControls,
  ...certificateRenewalControls,
  ...certificateLifecycleControls,
  ...certificateValidationControls,
  ...certificateAlgorithmControls,
  ...certificateEnvelopeControls,
  ...certificateStatusControls,
  ...certificateRevocationControls,
  ...operationControls,
  ...signingFlowControls,
  ...appTellsControls,
  ...signatureAlgorithmControls,
  ...storedKeyControls,
  ...transitionalAlgorithmControls,
  ...dataEncryptionControls,
  ...encryptionStatusControls,
  ...operationOutcomeControls,
  ...operationSettlementControls,
  ...incidentControls,
  ...auditControls,
  captchaExpiry,
]
