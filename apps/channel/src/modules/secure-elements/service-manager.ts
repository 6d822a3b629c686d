import type {
  cardLostRequest,
  countAnswer,
  recordsReportRequest,
  scriptAnswer,
  scriptBegin,
  scriptContinue,
} from '@anqu/tsm/api'
import type { z } from 'zod'

/** The trusted service manager as the channel sees it; the built-in TSM or another behind one adapter. */
export type ServiceManager = {
  begin(request: z.input<typeof scriptBegin>): Promise<Script>
  continue(request: z.input<typeof scriptContinue>): Promise<Script>
  lost(request: z.input<typeof cardLostRequest>): Promise<z.output<typeof countAnswer>>
  report(request: z.input<typeof recordsReportRequest>): Promise<void>
}

export type Script = z.output<typeof scriptAnswer>
export type StepReport = z.input<typeof recordsReportRequest>['reports'][number]
