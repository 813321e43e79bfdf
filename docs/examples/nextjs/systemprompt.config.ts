import { defineConfig } from '@systemprompt/env'

export default defineConfig({
  public: ['site.name'],
})
