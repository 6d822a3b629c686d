export { constantTimeEqual } from './bytes.ts'
export { engineName } from './engine/current.ts'
export type { EngineName } from './engine/engine.ts'
export { initGmCrypto } from './engine/init.ts'
export { GmCryptoError, type GmErrorCode } from './errors.ts'
export {
  exportEncryptedPkcs8,
  importEncryptedPkcs8,
  randomPassword,
  type EncryptedPkcs8Options,
} from './formats/encrypted-pkcs8.ts'
export {
  exportPkcs8,
  exportSec1,
  exportSpki,
  importPkcs8,
  importSec1,
  importSpki,
} from './formats/key-formats.ts'
export { fromPem, toPem } from './formats/pem.ts'
export { SecretBytes, type KeyBytes } from './keys/secret-bytes.ts'
export { randomBytes } from './random.ts'
export { sm2Decrypt, sm2Encrypt, type Sm2CiphertextOptions } from './sm2/encryption.ts'
export {
  sm2Exchange,
  type Sm2Agreement,
  type Sm2Exchange,
  type Sm2ExchangeInput,
} from './sm2/key-exchange.ts'
export { Sm2PrivateKey } from './sm2/private-key.ts'
export { SM2_DEFAULT_ID, sm2Digest, sm2Identity, Sm2PublicKey, type Sm2Id } from './sm2/public-key.ts'
export {
  sm2Sign,
  sm2SignatureFromDer,
  sm2SignatureToDer,
  sm2SignDigest,
  sm2Verifier,
  sm2Verify,
  sm2VerifyDigest,
  type Sm2SignatureFormat,
  type Sm2SignatureOptions,
} from './sm2/signature.ts'
export { HmacSm3, hmacSm3 } from './sm3/hmac-sm3.ts'
export { hkdfSm3, hkdfSm3Expand, hkdfSm3Extract, pbkdf2Sm3, sm2Kdf } from './sm3/key-derivation.ts'
export { sm3, Sm3, SM3_LENGTH } from './sm3/sm3.ts'
export { sm4CbcDecrypt, sm4CbcEncrypt } from './sm4/cbc.ts'
export { sm4CcmOpen, sm4CcmSeal, type CcmOptions } from './sm4/ccm.ts'
export { sm4Cmac } from './sm4/cmac.ts'
export { sm4Ctr } from './sm4/ctr.ts'
export { SM4_GCM_TAG_LENGTH, sm4GcmOpen, sm4GcmSeal } from './sm4/gcm.ts'
export { sm4UnwrapKey, sm4WrapKey } from './sm4/key-wrap.ts'
