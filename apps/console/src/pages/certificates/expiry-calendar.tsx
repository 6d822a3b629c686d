import { staffExpiryCalendar } from '@anqu/contract'
import { Button, useLanguage, useTexts } from '@anqu/ui'
import { useConsole } from '../../app/console-context.tsx'
import { LoadedView, Panel } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { daysShown, firstOfMonth, monthsFrom, yearFrom, yearsShown, type Month } from './calendar-months.ts'
import { dayOf } from './certificate-filters.ts'
import { overviewTexts } from './overview-texts.ts'

export const ExpiryCalendar = () => {
  const { api, clock, place, go } = useConsole()
  const year = yearsShown.find((count) => String(count) === place.filters['year']) ?? 0
  const fromDay = yearFrom(firstOfMonth(clock.nowMs()), year)
  const show = (filters: Record<string, string>) =>
    go({ page: 'certificates', filters: { view: 'calendar', ...filters } })
  const { loaded, reload } = useLoad(`calendar-${fromDay}`, () =>
    api.call(staffExpiryCalendar, { fromDay, days: daysShown(fromDay) }),
  )
  return (
    <LoadedView loaded={loaded} onRetry={reload}>
      {({ days }) => {
        const counts = new Map(
          days.map(({ day, counts }) => [day, counts.reduce((sum, { count }) => sum + count, 0)]),
        )
        const months = monthsFrom(fromDay, counts)
        const current =
          months.find(({ month }) => month === place.filters['month']) ??
          months.find(({ count }) => count > 0) ??
          months[0]
        return (
          <>
            <YearChoice year={year} onChoose={(next) => show({ year: String(next) })} />
            <MonthChoice
              months={months}
              current={current?.month}
              onChoose={(month) => show({ year: String(year), month })}
            />
            {current && <MonthGrid key={current.month} month={current} />}
          </>
        )
      }}
    </LoadedView>
  )
}

/** Twelve months at a time, as far as a certificate may last. */
const YearChoice = ({ year, onChoose }: { year: number; onChoose: (year: number) => void }) => {
  const o = useTexts(overviewTexts)
  const last = yearsShown.at(-1) ?? 0
  return (
    <div className="co-actions co-years">
      <p className="aq-field-hint">{year === 0 ? o('calendarLead') : o('calendarLater', { years: year })}</p>
      {year > 0 && (
        <Button look="quiet" onPress={() => onChoose(year - 1)}>
          {o('yearBefore')}
        </Button>
      )}
      {year < last && (
        <Button look="quiet" onPress={() => onChoose(year + 1)}>
          {o('yearAfter')}
        </Button>
      )}
    </div>
  )
}

function useMonthName(): (month: string) => string {
  const language = useLanguage()
  const format = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
    year: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  })
  return (month) => format.format(new Date(`${month}-01T00:00:00Z`))
}

const MonthChoice = (props: {
  months: readonly Month[]
  current: string | undefined
  onChoose: (month: string) => void
}) => {
  const o = useTexts(overviewTexts)
  const monthName = useMonthName()
  return (
    <nav className="co-months" aria-label={o('months')}>
      {props.months.map(({ month, count }) => (
        <button
          key={month}
          type="button"
          className="co-month"
          aria-current={month === props.current ? 'page' : undefined}
          onClick={() => props.onChoose(month)}
        >
          <span>{monthName(month)}</span>
          <b className="aq-figures">{count}</b>
        </button>
      ))}
    </nav>
  )
}

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

const MonthGrid = ({ month }: { month: Month }) => {
  const { clock, go } = useConsole()
  const o = useTexts(overviewTexts)
  const monthName = useMonthName()
  const today = dayOf(clock.nowMs())
  const most = Math.max(1, ...month.days.map(({ count }) => count))
  const show = (from: string, to: string) =>
    go({ page: 'certificates', filters: { from, to, status: 'good' } })
  const [first, last] = [month.days[0]?.day ?? '', month.days.at(-1)?.day ?? '']
  return (
    <Panel
      title={o('monthTotal', { month: monthName(month.month), count: month.count })}
      end={
        month.count > 0 && (
          <Button look="secondary" onPress={() => show(first, last)}>
            {o('showMonth')}
          </Button>
        )
      }
    >
      <div className="co-calendar" role="group" aria-label={monthName(month.month)}>
        {weekdays.map((name) => (
          <span key={name} className="co-weekday" aria-hidden="true">
            {o(name)}
          </span>
        ))}
        {Array.from({ length: month.lead }, (_, index) => (
          <span key={`lead-${index}`} />
        ))}
        {month.days.map(({ day, count }) => (
          <button
            key={day}
            type="button"
            className="co-day"
            data-level={count === 0 ? undefined : Math.ceil((count / most) * 4)}
            data-today={day === today || undefined}
            disabled={count === 0}
            aria-label={o('expiring', { day, count })}
            onClick={() => show(day, day)}
          >
            <span>{Number(day.slice(8))}</span>
            {count > 0 && <b className="aq-figures">{count}</b>}
          </button>
        ))}
      </div>
      {month.count === 0 && <p className="co-empty">{o('noneInMonth')}</p>}
    </Panel>
  )
}
