import { hexToBytes } from '@anqu/encoding'
import type { CommandApdu } from '../apdu/command.ts'
import { StatusError, StatusWord } from '../apdu/status-word.ts'
import type { Applet } from './applet.ts'

const DELETE_FILE = 0xe4
/** FCP: file descriptor 38 (dedicated file), identifier 3F00, life cycle 05 (operational, activated). */
const CONTROL_PARAMETERS = hexToBytes('620a82013883023f008a0105')
export const MASTER_FILE_ID = Uint8Array.of(0x3f, 0x00)

/** The root. What is selected after power-up; nobody can delete it, whatever state they reached (B-7.2-1). */
export class MasterFile implements Applet {
  readonly aid = MASTER_FILE_ID

  select(): Uint8Array {
    return CONTROL_PARAMETERS
  }

  deselect(): void {}

  powerOff(): void {}

  async process(command: CommandApdu): Promise<Uint8Array> {
    if (command.ins === DELETE_FILE) throw new StatusError(StatusWord.securityNotSatisfied)
    throw new StatusError(StatusWord.instructionNotSupported)
  }
}
