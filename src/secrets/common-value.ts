/** Values of this length or longer are searched for whatever they consist of, unless they are addresses or numbers. */
const LONG_LENGTH = 16

/**
 * Whether a value is so common that text unrelated to the secret also contains it, so that a match would mean nothing.
 * That is
 *
 * - a number, date, version or IP address of fewer than 16 digits: `20260131`, `10.0.0.12`;
 * - fewer than 16 characters that are words and numbers: `localhost`, `development`, `my-app-2`, `changeMe123`;
 * - an address made of words and numbers, of any length: `https://example.com/login`, `smtp.example.com:587`,
 *   `admin@example.com`, `/var/run/app`. With a password in it, it is not common.
 *
 * A word is letters of one case, optionally capitalised. A number may follow it. Any other mixture of letters and
 * digits is not a word: `k3yX9a`.
 */
export function isCommonValue(value: string): boolean {
  const text = value.trim()
  if (/^[\d\s.,:/+TZ-]+$/.test(text)) return digitsIn(text) < LONG_LENGTH
  return (text.length < LONG_LENGTH || isAddress(text)) && isMadeOfWords(text)
}

function digitsIn(text: string): number {
  return text.replace(/\D/g, '').length
}

interface Letters {
  readonly runs: RegExp
  readonly capitalized: RegExp
  readonly word: RegExp
}

const ASCII: Letters = {
  runs: /[A-Za-z\d]+/g,
  capitalized: /[A-Z][a-z]/g,
  word: /^(?:[A-Z]?[a-z]*|[A-Z]+)(?:[A-Z][a-z]+)*\d{0,8}$/,
}
/** Created only for the few values that need them: V8 takes milliseconds to compile Unicode classes. */
const unicode = (): Letters => ({
  runs: /[\p{L}\p{M}\d]+/gu,
  capitalized: /\p{Lu}\p{Ll}/gu,
  word: /^(?:\p{Lu}?[\p{Ll}\p{Lo}\p{M}]*|\p{Lu}+)(?:\p{Lu}[\p{Ll}\p{M}]+)*\d{0,8}$/u,
})

/** Camel case is split: `changeMe` is two words. `QwErTyUi` is none, since its parts are too short. */
function isMadeOfWords(text: string): boolean {
  const letters = /[^ -~]/.test(text) ? unicode() : ASCII
  const runs = text.match(letters.runs) ?? []
  return runs.every((run) => {
    const capitalizedCount = run.match(letters.capitalized)?.length ?? 0
    return run.length < LONG_LENGTH && letters.word.test(run) && run.length >= 3 * capitalizedCount
  })
}

function isAddress(text: string): boolean {
  if (/\s/.test(text)) return false
  const isUrl = /^[a-z][a-z\d+.-]*:\/\/[^@]*$/i.test(text)
  const isEmail = /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/.test(text)
  const isHost = /^[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:\/\S*)?$/.test(text)
  const isPath = /^(?:~|\.{0,2})\/|^[A-Z]:[\\/]/i.test(text)
  return isUrl || isEmail || isHost || isPath
}
