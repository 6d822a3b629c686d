import { parentPort } from 'node:worker_threads'
import { initGmCrypto } from '../engine/init.ts'
import { Sm2PrivateKey } from '../sm2/private-key.ts'
import { runJob, type FromWorker, type KeyNumber, type ToWorker } from './jobs.ts'

const keys = new Map<KeyNumber, Sm2PrivateKey>()
const port = parentPort
if (port === null) throw new Error('this module is the worker of the pool')

const say = (message: FromWorker): void => port.postMessage(message)

function take(message: ToWorker): void {
  switch (message.type) {
    case 'key':
      keys.set(message.key, Sm2PrivateKey.fromBytes(message.scalar))
      message.scalar.fill(0)
      return
    case 'forget':
      keys.get(message.key)?.wipe()
      keys.delete(message.key)
      return
    case 'jobs':
      say({ type: 'done', outcomes: message.jobs.map((job) => runJob(keys, job)) })
  }
}

await initGmCrypto()
port.on('message', take)
say({ type: 'ready' })
