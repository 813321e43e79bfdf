import type { Path } from '../types.ts'

/** Shown in place of a secret. */
export const MASK = '••••'

const WORDS = new Set(
  (
    'secret secrets token tokens password passwords passwd pwd pass passphrase pepper salt seed dsn ' +
    'credential credentials key keys pem auth authorization cookie'
  ).split(' '),
)
const ENDINGS = 'secret token password passwd passphrase credential apikey privatekey accesskey secretkey'.split(' ')

/**
 * Whether the name of a key or variable suggests a secret: `STRIPE_KEY`, `smtp.password`, `apiToken`. Values under such
 * names are masked wherever they are shown, whichever file they are in.
 */
export function looksSecret(name: string): boolean {
  const words = (/[a-z0-9][A-Z]/.test(name) ? name.replace(/([a-z0-9])([A-Z])/g, '$1_$2') : name).toLowerCase()
  const last = words.slice(1 + Math.max(words.lastIndexOf('_'), words.lastIndexOf('.'), words.lastIndexOf('-')))
  const isSecret = WORDS.has(last) || ENDINGS.some((ending) => last.endsWith(ending) || last.endsWith(`${ending}s`))
  return isSecret && !/public[_.-]?key$/.test(words)
}

/**
 * Whether the path of a value suggests a secret: its own key, the key of the list that holds it, or the plural key of a
 * collection around it: `api_keys.stripe`, `passwords.alice`. The profile's section `secrets`, which says where secrets
 * are, does not count.
 */
export function looksSecretPath(path: Path, isSecretName: (name: string) => boolean = looksSecret): boolean {
  const names = path.filter((segment) => typeof segment === 'string')
  const own = names.at(-1)
  if (own === undefined) return false
  const around = names.slice(0, -1).filter((name, index) => /s$/i.test(name) && !(index === 0 && name === 'secrets'))
  return isSecretName(own) || around.some(isSecretName)
}

/** The same for a key whose value is a number: `password`, but not `max_tokens`. */
export function looksSecretNumber(name: string): boolean {
  return /(?:passwords?|passwd|pwd|passphrase|secret|(?:api|access|private|secret)[_.-]?key)$/i.test(name)
}

/**
 * A name from a file with secrets, as messages may show it; masked unless all its words are of ordinary length, since a
 * secret may have been put in the place of a name.
 */
export function nameToShow(name: string): string {
  const isName = /^[A-Za-z0-9_.-]{1,80}$/.test(name) && name.split(/[_.-]/).every((word) => word.length < 16)
  return isName ? name : MASK
}

const OPAQUE = /[A-Za-z0-9+/_=~.-]{16,}/g
/** Up to the last `@`: a password may contain one. */
const USERINFO = /(:\/\/)([^\s/]+)(?=@)/g

/** Masks what could be a credential, character by character, so that columns do not shift. */
export function maskOpaque(text: string): string {
  return text
    .replace(USERINFO, (_, slashes: string, user: string) => slashes + '•'.repeat(user.length))
    .replace(OPAQUE, (run) => (isOpaque(run) ? '•'.repeat(run.length) : run))
}

/** Long words, words of letters and digits, and mixes of upper case, lower case and digits: not what people write. */
function isOpaque(run: string): boolean {
  if (/[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run)) return true
  return run
    .split(/[./~=_-]+/)
    .some((word) => word.length >= 16 || (word.length >= 10 && /\d/.test(word) && /[A-Za-z]/.test(word)))
}

const WINDOW = 8

/** Each secret as it is, as a JSON string, and as JSON in a JSON string. */
export function* formsOf(secrets: Iterable<string>): Generator<string> {
  for (const secret of secrets) {
    yield secret
    const escaped = inJson(secret)
    if (escaped === secret) continue
    yield escaped
    yield inJson(escaped)
  }
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** Shorter secrets would match words in any text. */
const MIN_LENGTH = 3

/** Whether a text repeats eight consecutive characters of a secret, or the whole of a shorter one. */
export function repeatsSecret(text: string, secrets: Iterable<string>): boolean {
  return repeatsAny(secrets)(text)
}

/** The same for many texts: the secrets are processed once. */
export function repeatsAny(secrets: Iterable<string>): (text: string) => boolean {
  const windows = new Set<string>()
  for (const secret of formsOf(secrets)) {
    const size = Math.min(secret.length, WINDOW)
    if (size < MIN_LENGTH) continue
    for (let at = 0; at + size <= secret.length; at++) windows.add(secret.slice(at, at + size))
  }
  return (text) => {
    for (let at = 0; at + MIN_LENGTH <= text.length; at++)
      for (let size = MIN_LENGTH; size <= WINDOW; size++) if (windows.has(text.slice(at, at + size))) return true
    return false
  }
}

/** Shorter values are not searched for inside others: `local` in `localhost` is not a leak. */
export const MIN_CONTAINED_LENGTH = 8

/**
 * Whether a text contains one of these secrets that is long enough. They are looked up by their beginnings, and then by
 * the lengths of those with that beginning: comparing thousands of secrets one by one with thousands of texts is slow.
 */
export function containsAny(secrets: Iterable<string>): (text: string) => boolean {
  const long = new Set<string>()
  const lengths = new Map<string, Set<number>>()
  for (const secret of secrets) {
    if (secret.length < MIN_CONTAINED_LENGTH) continue
    const beginning = secret.slice(0, MIN_CONTAINED_LENGTH)
    const known = lengths.get(beginning) ?? new Set()
    lengths.set(beginning, known.add(secret.length))
    long.add(secret)
  }
  return (text) => {
    for (let at = 0; at + MIN_CONTAINED_LENGTH <= text.length; at++)
      for (const length of lengths.get(text.slice(at, at + MIN_CONTAINED_LENGTH)) ?? [])
        if (long.has(text.slice(at, at + length))) return true
    return false
  }
}

/** Whether a value is secret whatever its key: a URL with a password, a private key. */
export function isSecretValue(value: string): boolean {
  if (/PRIVATE KEY(?: BLOCK)?-----/.test(value)) return true
  return value.includes('://') && value.split('://').slice(1).some(hasPassword)
}

/** The passwords of the URLs in a secret, as written, decoded and encoded. */
export function* passwordsIn(secret: string): Generator<string> {
  for (const rest of secret.split('://').slice(1)) {
    const userinfo = userinfoOf(rest, /[/?#]/)
    const password = userinfo.slice(userinfo.indexOf(':') + 1)
    if (!userinfo.includes(':') || password === '') continue
    yield* new Set([password, decode(password), encodeURIComponent(decode(password))])
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function hasPassword(rest: string): boolean {
  const userinfo = userinfoOf(rest, /[\s/?#]/)
  return userinfo.includes(':') && !userinfo.endsWith(':')
}

/** The `user:password` in the text after `://`. */
function userinfoOf(rest: string, after: RegExp): string {
  const end = rest.search(after)
  const authority = rest.slice(0, end === -1 ? undefined : end)
  return authority.slice(0, Math.max(0, authority.lastIndexOf('@')))
}
