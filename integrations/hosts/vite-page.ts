import type { PublicValues } from '../../src/index.ts'

/** Replaces names between percent signs in a page, `%PUBLIC_URL%`, as Vite does for variables with its own prefix. */
export function withValues(page: string, values: PublicValues): string {
  return page.replace(/%(\w+)%/g, (text, name: string) => {
    if (!Object.hasOwn(values, name)) return text
    const value = values[name]
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}
