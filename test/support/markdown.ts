/** The parts of a Markdown page that tests need: fenced blocks, headings, links and tables. */

/** A fenced block: ```` ```yaml file=.env ````. */
export interface Block {
  readonly page: string
  /** The line of the page, 1-based, on which the text begins. */
  readonly line: number
  /** The heading of the first or second level above it. */
  readonly section: Heading
  readonly language: string
  /** Words after the language: `run`. */
  readonly flags: readonly string[]
  /** Settings after the language: `file=.env`. */
  readonly settings: Readonly<Record<string, string>>
  readonly text: string
}

export interface Heading {
  readonly level: number
  readonly text: string
  /** The anchor that GitHub gives it. */
  readonly slug: string
  readonly line: number
}

export interface Link {
  readonly target: string
  readonly line: number
}

export interface Row {
  readonly section: Heading
  readonly cells: readonly string[]
}

export interface Page {
  /** Relative to the repository. */
  readonly file: string
  readonly text: string
  readonly blocks: readonly Block[]
  readonly headings: readonly Heading[]
  readonly links: readonly Link[]
  /** The rows of all tables, including their heads. */
  readonly rows: readonly Row[]
}

const NO_HEADING: Heading = { level: 0, text: '', slug: '', line: 1 }

export function parsePage(file: string, text: string): Page {
  const blocks: Block[] = []
  const headings: Heading[] = []
  const links: Link[] = []
  const rows: Row[] = []
  const lines = text.split('\n')
  let section = NO_HEADING
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    const fence = /^(`{3,})(.*)$/.exec(line)
    if (fence) {
      const end = lines.indexOf(fence[1] ?? '', index + 1)
      if (end === -1) throw new Error(`${file}:${index + 1}: this block is never closed`)
      const content = lines.slice(index + 1, end).map((each) => `${each}\n`)
      blocks.push({ page: file, line: index + 2, section, ...parseInfo(fence[2] ?? ''), text: content.join('') })
      index = end
      continue
    }
    const heading = /^(#{1,6}) (.+)$/.exec(line)
    if (heading) {
      const [, marks = '', title = ''] = heading
      const slug = uniqueSlug(title, headings)
      headings.push({ level: marks.length, text: title, slug, line: index + 1 })
      section = marks.length <= 2 ? (headings.at(-1) ?? section) : section
    }
    for (const [, target = ''] of withoutCode(line).matchAll(/\]\(([^()\s]+)\)|<img[^>]+src="([^"]+)"/g)) {
      links.push({ target, line: index + 1 })
    }
    if (line.startsWith('|')) rows.push({ section, cells: cellsOf(line) })
  }
  return { file, text, blocks, headings, links, rows }
}

function parseInfo(info: string): Pick<Block, 'language' | 'flags' | 'settings'> {
  const [language = '', ...words] = info.trim().split(/\s+/)
  const settings = words.filter((word) => word.includes('=')).map((word) => word.split('=', 2))
  return {
    language,
    flags: words.filter((word) => !word.includes('=')),
    settings: Object.fromEntries(settings),
  }
}

/** GitHub's rule: lower case, no punctuation, dashes for spaces; a number is appended if the slug is taken. */
function uniqueSlug(title: string, headings: readonly Heading[]): string {
  const slug = title
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-')
  const taken = new Set(headings.map((heading) => heading.slug))
  let unique = slug
  for (let number = 1; taken.has(unique); number++) unique = `${slug}-${number}`
  return unique
}

function withoutCode(line: string): string {
  return line.replace(/`[^`]*`/g, '')
}

/** `| a | b \| c |` → `['a', 'b | c']`. */
function cellsOf(line: string): readonly string[] {
  return line
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))
}
