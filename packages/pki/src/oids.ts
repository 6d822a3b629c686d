/** Object identifiers, each with the standard that assigns it. */

/** GM/T 0006: SM2 signature with SM3; RFC 8998 section 3.2.1 uses the same. */
export const OID_SM2_WITH_SM3 = '1.2.156.10197.1.501'
/** GM/T 0006: the SM2 curve of GB/T 32918.5. */
export const OID_SM2_CURVE = '1.2.156.10197.1.301'
/** RFC 5480 section 2.1.1 */
export const OID_EC_PUBLIC_KEY = '1.2.840.10045.2.1'

/** RFC 5280 section 4.2.1 */
export const OID_SUBJECT_KEY_IDENTIFIER = '2.5.29.14'
export const OID_KEY_USAGE = '2.5.29.15'
export const OID_SUBJECT_ALT_NAME = '2.5.29.17'
export const OID_BASIC_CONSTRAINTS = '2.5.29.19'
export const OID_NAME_CONSTRAINTS = '2.5.29.30'
export const OID_CRL_DISTRIBUTION_POINTS = '2.5.29.31'
export const OID_CERTIFICATE_POLICIES = '2.5.29.32'
export const OID_POLICY_MAPPINGS = '2.5.29.33'
export const OID_AUTHORITY_KEY_IDENTIFIER = '2.5.29.35'
export const OID_POLICY_CONSTRAINTS = '2.5.29.36'
export const OID_INHIBIT_ANY_POLICY = '2.5.29.54'
export const OID_FRESHEST_CRL = '2.5.29.46'
export const OID_ANY_POLICY = '2.5.29.32.0'
export const OID_EXT_KEY_USAGE = '2.5.29.37'
/** RFC 5280 section 5.2 and 5.3: certificate revocation lists */
export const OID_CRL_NUMBER = '2.5.29.20'
export const OID_REASON_CODE = '2.5.29.21'
export const OID_INVALIDITY_DATE = '2.5.29.24'
export const OID_CERTIFICATE_ISSUER = '2.5.29.29'
export const OID_DELTA_CRL_INDICATOR = '2.5.29.27'
export const OID_ISSUING_DISTRIBUTION_POINT = '2.5.29.28'
/** RFC 5280 section 4.2.2.1 */
export const OID_AUTHORITY_INFO_ACCESS = '1.3.6.1.5.5.7.1.1'
export const OID_ACCESS_OCSP = '1.3.6.1.5.5.7.48.1'
export const OID_ACCESS_CA_ISSUERS = '1.3.6.1.5.5.7.48.2'

/** RFC 5280 section 4.2.1.12 */
export const EKU_ANY = '2.5.29.37.0'
export const EKU_SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
export const EKU_CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
export const EKU_CODE_SIGNING = '1.3.6.1.5.5.7.3.3'
export const EKU_EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'
export const EKU_TIME_STAMPING = '1.3.6.1.5.5.7.3.8'
export const EKU_OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'

/** GM/T 0006: SM3 */
export const OID_SM3 = '1.2.156.10197.1.401'
/** RFC 6960 sections 4.2.1, 4.4.1 */
export const OID_OCSP_BASIC = '1.3.6.1.5.5.7.48.1.1'
export const OID_OCSP_NONCE = '1.3.6.1.5.5.7.48.1.2'
/** RFC 6960 section 4.2.2.2.1 */
export const OID_OCSP_NO_CHECK = '1.3.6.1.5.5.7.48.1.5'
