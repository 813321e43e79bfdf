/**
 * The oldest version of each bundler that the plugin is made for, as its page says. npm does not hold older ones back:
 * a peer dependency with a range would keep the whole package out of projects that build with another version, even if
 * they do not use the plugin.
 */
const OLDEST = {
  '@rspack/core': { oldest: [1, 0], title: 'Rspack', is: 'Rspack 1 and 2' },
  esbuild: { oldest: [0, 19], title: 'esbuild', is: 'esbuild 0.19 and newer' },
  rolldown: { oldest: [1, 0], title: 'Rolldown', is: 'Rolldown 1' },
  rollup: { oldest: [4, 0], title: 'Rollup', is: 'Rollup 4' },
  vite: { oldest: [6, 0], title: 'Vite', is: 'Vite 7 and 8' },
  webpack: { oldest: [5, 90], title: 'webpack', is: 'webpack 5.90 and newer' },
} as const

type HostPackage = keyof typeof OLDEST

/**
 * A bundler that does not tell its version, as tools that only imitate its plugins do, is not refused.
 *
 * @throws if the bundler is older than the plugin supports
 */
export function checkHostVersion(host: HostPackage, version: string | undefined): void {
  if (version === undefined) return
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const [oldestMajor, oldestMinor] = OLDEST[host].oldest
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) throw olderHost(host)
}

export function olderHost(host: HostPackage): Error {
  const { title, is } = OLDEST[host]
  const entry = host === '@rspack/core' ? 'rspack' : host
  const error = new Error(
    `'@systemprompt/env/${entry}' is for ${is}, and this ${title} is older: secrets might get into what it builds. 'npm ls ${host}' shows which package depends on it; update that package`,
  )
  // Vite prints only the stack.
  error.stack = error.message
  return error
}
