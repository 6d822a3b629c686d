import { SkfError } from './skf-error.ts'

/** The functions of GM/T 0016 that a card of ours has no answer to but a reason: each rejects with NOTSUPPORTYETERR. */
export class SkfRefusals {
  /** An encryption pair made by a CA would be a private key from outside. */
  async SKF_ImportECCKeyPair(): Promise<never> {
    return refuse('private keys are made on the card and never come from outside (B-7.2-4)')
  }

  async SKF_ExtECCDecrypt(): Promise<never> {
    return refuse('the card works with its own private keys only (B-7.2-4)')
  }

  async SKF_ExtECCSign(): Promise<never> {
    return refuse('the card works with its own private keys only (B-7.2-4)')
  }

  async SKF_GenRSAKeyPair(): Promise<never> {
    return refuse('the card has SM2 only')
  }

  async SKF_ImportRSAKeyPair(): Promise<never> {
    return refuse('the card has SM2 only')
  }

  async SKF_CreateApplication(): Promise<never> {
    return refuse('applications are installed by the issuer, over its secure channel')
  }

  async SKF_DeleteApplication(): Promise<never> {
    return refuse('applications are deleted by the issuer, over its secure channel')
  }

  async SKF_DevAuth(): Promise<never> {
    return refuse('the issuer proves itself by opening its secure channel')
  }

  async SKF_CreateFile(): Promise<never> {
    return refuse('the card stores keys and certificates only')
  }
}

function refuse(reason: string): never {
  throw new SkfError('NOTSUPPORTYETERR', { reason })
}
