const modules = 'apps/channel/src/modules'

/**
 * Files that break a rule of architecture.cjs: `from` imports `to` (or is `text`) and `rule` must say so. They are written
 * to a folder of their own, never into the project.
 */
export const plants = [
  {
    rule: 'arrows-of-packages-gm-crypto',
    from: 'packages/gm-crypto/src/planted.ts',
    to: 'packages/encoding/src/index.ts',
  },
  {
    rule: 'workspace-door',
    from: 'packages/pki/src/planted.ts',
    to: 'packages/encoding/src/der/der-reader.ts',
  },
  { rule: 'arrows-of-apps-channel', from: 'apps/channel/src/planted.ts', to: 'apps/ca/src/index.ts' },
  { rule: 'arrows-of-apps-mobile', from: 'apps/mobile/src/planted.ts', to: 'packages/platform/src/index.ts' },
  {
    rule: 'arrows-of-simulators-sms',
    from: 'simulators/sms/src/planted.ts',
    to: 'simulators/witness/src/index.ts',
  },
  {
    rule: 'arrows-of-module-ledger',
    from: `${modules}/ledger/planted.ts`,
    to: `${modules}/payments/index.ts`,
  },
  {
    rule: 'arrows-of-module-operations',
    from: `${modules}/operations/planted.ts`,
    to: `${modules}/insurance/index.ts`,
  },
  {
    rule: 'module-without-arrows',
    from: `${modules}/devices/planted.ts`,
    to: `${modules}/certificates/index.ts`,
  },
  { rule: 'module-door', from: `${modules}/payments/planted.ts`, to: `${modules}/operations/module.ts` },
  { rule: 'module-door-from-outside', from: 'apps/channel/src/compose.ts', to: `${modules}/audit/module.ts` },
  {
    rule: 'only-compose-knows-modules',
    from: 'apps/channel/src/http/planted.ts',
    to: `${modules}/ledger/index.ts`,
  },
  {
    rule: 'no-circle',
    from: 'packages/contract/src/planted-other.ts',
    to: 'packages/contract/src/planted.ts',
    toText: "import './planted-other.ts'\n",
  },
  { rule: 'published-interface', from: 'apps/ca/src/api/planted.ts', to: 'apps/ca/src/authority-keys.ts' },
  { rule: 'arrows-of-apps-tsm', from: 'apps/tsm/src/planted.ts', to: 'apps/ca/src/authority-keys.ts' },
  { rule: 'libraries-do-no-io', from: 'packages/message/src/planted.ts', text: "import 'node:fs'\n" },
  { rule: 'platform-crypto-only', from: `${modules}/keys/planted.ts`, text: "import 'node:crypto'\n" },
  { rule: 'everything-resolves', from: 'packages/policy/src/planted.ts', text: "import './nowhere.ts'\n" },
  {
    rule: 'tests-stay-outside',
    from: 'packages/client/src/planted.ts',
    to: 'packages/client/src/planted.test.ts',
  },
]
