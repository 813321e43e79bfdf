export type { Match, Matcher, MatcherOptions, OpenMatches } from './matcher.ts'
export { createMatcher } from './matcher.ts'
export type { SecretForm } from './patterns.ts'
export type { NamedSecret, SecretPart, SkippedSecret } from './secret-parts.ts'
