/** Content bytes of the object identifiers this package reads and writes, in hexadecimal. */
export const oids = {
  /** 1.2.840.10045.2.1 */
  ecPublicKey: '2a8648ce3d0201',
  /** 1.2.156.10197.1.301, the curve of SM2 (GM/T 0006) */
  sm2Curve: '2a811ccf5501822d',
  /** 1.2.840.113549.1.5.13 (RFC 8018) */
  pbes2: '2a864886f70d01050d',
  /** 1.2.840.113549.1.5.12 (RFC 8018) */
  pbkdf2: '2a864886f70d01050c',
  /** 1.2.840.113549.2.9 */
  hmacSha256: '2a864886f70d0209',
  /** 1.2.156.10197.1.401.2 (GM/T 0006) */
  hmacSm3: '2a811ccf5501831102',
  /** 1.2.156.10197.1.104.2 (GM/T 0006) */
  sm4Cbc: '2a811ccf55016802',
  /** 2.16.840.1.101.3.4.1.2 */
  aes128Cbc: '608648016503040102',
  /** 2.16.840.1.101.3.4.1.42 */
  aes256Cbc: '60864801650304012a',
} as const
