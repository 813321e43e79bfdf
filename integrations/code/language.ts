export type Language = 'jsx' | 'ts' | 'tsx'

/** A module's language. A query such as `?vue&type=script&lang.ts` determines it; plain `.js` may contain JSX. */
export function languageOf(id: string): Language {
  const [, extension = ''] = /[.=]([cm]?[jt]sx?)$/.exec(id) ?? /\.([cm]?[jt]sx?)(?:$|\?)/.exec(id) ?? []
  if (extension.endsWith('tsx')) return 'tsx'
  return extension.includes('t') ? 'ts' : 'jsx'
}
