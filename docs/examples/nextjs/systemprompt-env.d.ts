// Written by @systemprompt/env: names and types of the public values, never a value. Do not edit.

declare module '@systemprompt/env/public' {
  export const PUBLIC_SUPPORT_EMAIL: string
  export const site_name: string
  const values: {
    readonly PUBLIC_SUPPORT_EMAIL: string
    readonly site_name: string
  }
  export default values
}

declare module 'virtual:systemprompt/public' {
  export * from '@systemprompt/env/public'
  export { default } from '@systemprompt/env/public'
}

interface ImportMetaEnv {
  readonly PUBLIC_SUPPORT_EMAIL: string
  readonly site_name: string
}

interface ImportMeta {
  readonly env: ImportMetaEnv
}

declare namespace NodeJS {
  interface ProcessEnv {
    readonly PUBLIC_SUPPORT_EMAIL?: string
    readonly site_name?: string
  }
}
