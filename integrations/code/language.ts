export type Language = 'jsx' | 'ts' | 'tsx'

/** What a module is written in. A query such as `?vue&type=script&lang.ts` says it; in plain `.js` there may be JSX. */
export function languageOf(id: string): Language {
  const [, extension = ''] = /[.=]([cm]?[jt]sx?)$/.exec(id) ?? /\.([cm]?[jt]sx?)(?:$|\?)/.exec(id) ?? []
  if (extension.endsWith('tsx')) return 'tsx'
  return extension.includes('t') ? 'ts' : 'jsx'
}
