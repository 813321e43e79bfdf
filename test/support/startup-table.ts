/** `bench/startup.json`, which `npm run bench:startup` writes. Times are medians in milliseconds. */
export interface StartupResults {
  readonly date: string
  readonly cpu: string
  readonly rounds: number
  readonly nodes: Readonly<Record<string, { readonly version: string; readonly ways: readonly Way[] }>>
}

interface Way {
  readonly name: string
  readonly ms: number
  /** More than plain node. */
  readonly over: number
  readonly ratio: number
  /** Peak memory. */
  readonly mb: number
}

/** One table for the README: what each way adds to the start of plain node, by version. */
export function startupSummary(results: StartupResults): string {
  const nodes = Object.values(results.nodes)
  const names = [...new Set(nodes.flatMap(({ ways }) => ways.map(({ name }) => name)))]
  const rows = names
    .filter((name) => name !== 'plain node')
    .map((name) => [name, ...nodes.map(({ ways }) => over(ways.find((way) => way.name === name)))])
  return [
    table(['over plain node', ...nodes.map(({ version }) => `Node ${version.slice(1)}`)], rows),
    `${measured(results)} [Performance](docs/performance.md) explains why.`,
  ].join('\n\n')
}

/** A table for each version, with everything that was measured. */
export function startupTables(results: StartupResults): string {
  const tables = Object.values(results.nodes).map(({ version, ways }) =>
    table(
      [`Node ${version.slice(1)}`, 'median', 'over plain node', 'ratio', 'peak memory'],
      ways.map((way) => [way.name, `${way.ms.toFixed(1)} ms`, over(way), way.ratio.toFixed(2), `${way.mb} MB`]),
    ),
  )
  return [...tables, measured(results)].join('\n\n')
}

function over(way: Way | undefined): string {
  if (!way) return ''
  if (way.over === 0) return '0 ms'
  return `${way.over < 0 ? '−' : '+'}${Math.abs(way.over).toFixed(1)} ms`
}

function measured({ date, cpu, rounds, nodes }: StartupResults): string {
  const flags = Object.keys(nodes).length > 1 ? ` -- --nodes all --rounds ${rounds}` : ''
  return `Medians of ${rounds} starts each, taken in turn on ${date} with ${cpu}, by \`npm run bench:startup${flags}\`.`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = `|---|${'--:|'.repeat(head.length - 1)}`
  return [line(head), rule, ...rows.map(line)].join('\n')
}
