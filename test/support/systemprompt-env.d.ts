// What `systemprompt config types` writes for the project that the documentation shows.
declare module '@systemprompt/env/public' {
  export const site_name: string
  const values: { readonly site_name: string }
  export default values
}

interface ImportMetaEnv {
  readonly site_name: string
}

interface ImportMeta {
  readonly env: ImportMetaEnv
}

declare namespace NodeJS {
  interface ProcessEnv {
    readonly site_name?: string
  }
}
