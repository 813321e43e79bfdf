import { readFileSync } from 'node:fs'
import { scanDotenv } from '../../src/read/dotenv-text.ts'

/** Scans files, and says of each when it has done so. */
for (const file of process.argv.slice(2)) {
  scanDotenv(readFileSync(file, 'utf8'))
  console.log(file)
}
