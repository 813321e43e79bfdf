import systemprompt from '@systemprompt/env/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react(), systemprompt()],
  server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
})
