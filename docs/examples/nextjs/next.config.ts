import { loadConfig } from '@systemprompt/env'
import type { NextConfig } from 'next'

export default async function nextConfig(): Promise<NextConfig> {
  const { publicValues } = await loadConfig()
  return {
    // Loaded by Node when the server runs, not part of a bundle.
    serverExternalPackages: ['@systemprompt/env'],
    // What code in the browser can read, as process.env.site_name.
    env: publicValues() as Record<string, string>,
  }
}
