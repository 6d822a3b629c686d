import { z } from 'zod'
import { route } from '../route.ts'
import { base64, id } from '../values.ts'

/** Commands for the card, to be carried to it in order; its answers go back in one request. */
const script = z.strictObject({
  scriptId: id,
  stage: z.enum(['identify', 'authenticate', 'manage', 'done', 'failed']),
  batch: z.int().min(0).max(64),
  commands: z.array(base64(4096)).max(64),
  /** Once done. */
  result: z
    .strictObject({
      cardId: z.string(),
      packageVersion: z.int().nullable(),
      applicationState: z.enum(['usable', 'locked', 'absent']),
      /** Version and keys (ENC ‖ MAC ‖ DEK, 48 bytes) under `deliverTo`: 04 ‖ C1 ‖ C3 ‖ C2. */
      clientKeys: z.strictObject({ version: z.int().min(0x40).max(0x6f), sealed: base64(512) }).nullable(),
    })
    .nullable(),
})

const card = {
  /** GET DATA 00E0 of the card: which keys it has. */
  keyInformation: base64(1024),
  /** A key made for this one script; the channel keys come under it, so that nobody on the way reads them. */
  deliverTo: base64(65),
}

export const secureElementsProvision = route({
  name: 'secure-elements.provision',
  path: '/api/v1/secure-elements/provision',
  audience: 'customer',
  session: 'required',
  zh: '下载、安装并个人化安全单元应用',
  en: 'Download, install and personalise the application of the secure element',
  input: z.strictObject({ bindingId: id, ...card }),
  output: script,
  clauses: ['B-6.1-3', 'B-6.1-6', 'B-7.2-17', 'B-7.4-3'],
})

export const secureElementsServe = route({
  name: 'secure-elements.serve',
  path: '/api/v1/secure-elements/serve',
  audience: 'customer',
  // A lost device is locked whoever holds it; nobody need be logged in.
  session: 'optional',
  zh: '执行安全单元的更新、锁定等待办事项',
  en: 'Carry out what waits for the secure element: updates, locks',
  input: z.strictObject(card),
  output: script,
  clauses: ['B-6.1-1', 'B-7.2-17'],
})

export const secureElementsContinue = route({
  name: 'secure-elements.continue',
  path: '/api/v1/secure-elements/continue',
  audience: 'customer',
  session: 'optional',
  zh: '回传安全单元的应答',
  en: 'Hand back what the secure element answered',
  input: z.strictObject({
    scriptId: id,
    batch: z.int().min(0).max(64),
    answers: z.array(base64(4096)).max(64),
  }),
  output: script,
  clauses: ['B-6.1-6', 'B-5.3-1'],
})
