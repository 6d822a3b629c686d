import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Counters, gauges and histograms of one process in the Prometheus text format. */
export interface Metrics {
  counter<L extends string>(name: string, help: string, labels: readonly L[]): Counter<L>
  gauge<L extends string>(name: string, help: string, labels: readonly L[]): Gauge<L>
  histogram<L extends string>(
    name: string,
    help: string,
    shape: { readonly labels: readonly L[]; readonly bucketsMs: readonly number[] },
  ): Histogram<L>
  /** The whole registry as text, with its content type. */
  render(): Promise<{ contentType: string; text: string }>
}

/** Label values must come from small closed sets: never a user, an id or a path with an id in it. */
export function createMetrics(process: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ process })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    counter: (name, help, labels) => new Counter({ name, help, labelNames: [...labels], registers }),
    gauge: (name, help, labels) => new Gauge({ name, help, labelNames: [...labels], registers }),
    histogram: (name, help, { labels, bucketsMs }) =>
      new Histogram({ name, help, labelNames: [...labels], buckets: [...bucketsMs], registers }),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
