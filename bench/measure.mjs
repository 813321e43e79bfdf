/** Medians of several ways to do something, alternating, so that a busy moment of the machine affects them all. */
export async function sideBySide(ways, { rounds, warmUp = Math.ceil(rounds / 4) }) {
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  for (let round = -warmUp; round < rounds; round++) {
    for (const [name, run] of Object.entries(ways)) {
      const start = process.hrtime.bigint()
      await run()
      const took = Number(process.hrtime.bigint() - start) / 1e6
      if (round >= 0) times[name].push(took)
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]))
}

export function median(list) {
  const sorted = [...list].sort((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Prints rows of text in columns. */
export function printTable(header, rows) {
  const all = [header, ...rows].map((row) => row.map(String))
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column].length)))
  for (const row of all)
    console.log(
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
    )
}

export const inMs = (number) => `${number.toFixed(2)} ms`
