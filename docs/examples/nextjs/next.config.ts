import { loadConfig } from '@systemprompt/env'
import type { NextConfig } from 'next'

export default async function nextConfig(): Promise<NextConfig> {
  const { publicValues } = await loadConfig()
  return {
    // Read by Node when the server runs, and no part of a bundle.
    serverExternalPackages: ['@systemprompt/env'],
    // What code in the browser can ask for, as process.env.site_name.
    env: publicValues() as Record<string, string>,
  }
}
