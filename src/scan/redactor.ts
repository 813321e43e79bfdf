import { Transform } from 'node:stream'
import { MASK } from '../secrets/secret.ts'
import type { SecretValue } from '../secrets/secret-values.ts'
import { createMatcher, type Match, type Matcher } from './matcher.ts'

/** How secrets are masked. */
export interface RedactorOptions {
  /**
   * What replaces a secret.
   * @default '••••'
   */
  readonly mask?: string | undefined
}

/** How a stream is masked. */
export interface RedactStreamOptions extends RedactorOptions {
  /**
   * Milliseconds of silence after which a few bytes that may be the beginning of a secret are passed on, so that a
   * prompt appears.
   * @default 50
   */
  readonly flushAfter?: number | undefined
}

/** Masks secrets in bytes that arrive in chunks. The output does not depend on where the chunks end. */
export interface Redactor {
  /** Returns everything pushed so far that can be passed on: all but an end that may be the beginning of a secret. */
  push(chunk: Uint8Array): Buffer
  /**
   * Returns, of what is held back, the mask of a complete secret, and a few bytes that reveal nothing of one. If the
   * secret continues after all, the rest is masked.
   */
  flush(): Buffer
  /** Whether anything is held back. */
  readonly isHolding: boolean
  /** Returns the rest. */
  end(): Buffer
}

/** How many bytes of the beginning of a secret may be shown. */
const MAX_SHOWN = 3

/**
 * Creates a redactor that masks every secret of 8 characters or more, common values included, in every form that
 * `createMatcher` finds. A matcher can be passed instead of the secrets, so that two streams share one; then its
 * options apply.
 *
 * Only an end that may be the beginning of a secret is held back: a line without one is passed on at once.
 *
 * @example
 * const redactor = createRedactor([{ name: 'STRIPE_KEY', value: 'sk_live_51Hq8…' }])
 * redactor.push(Buffer.from('key is sk_li')) // 'key is '
 * redactor.push(Buffer.from('ve_51Hq8…\n'))  // '••••\n'
 * redactor.end()                             // ''
 */
export function createRedactor(secrets: Iterable<SecretValue> | Matcher, options: RedactorOptions = {}): Redactor {
  const matcher = 'findOpen' in secrets ? secrets : createMatcher(secrets, { commonValues: 'find' })
  return new MatchingRedactor(matcher, Buffer.from(options.mask ?? MASK))
}

/**
 * A redactor as a transform stream.
 *
 * @example
 * child.stdout.pipe(createRedactStream(secrets)).pipe(process.stdout)
 */
export function createRedactStream(
  secrets: Iterable<SecretValue> | Matcher,
  { flushAfter = 50, ...options }: RedactStreamOptions = {},
): Transform {
  const redactor = createRedactor(secrets, options)
  let timer: NodeJS.Timeout | undefined
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      clearTimeout(timer)
      const text = redactor.push(chunk)
      if (redactor.isHolding) timer = setTimeout(() => this.push(redactor.flush()), flushAfter).unref()
      done(null, text.length > 0 ? text : undefined)
    },
    flush(done) {
      clearTimeout(timer)
      done(null, redactor.end())
    },
    destroy(error, done) {
      clearTimeout(timer)
      done(error)
    },
  })
}

class MatchingRedactor implements Redactor {
  readonly #matcher: Matcher
  readonly #mask: Buffer
  #kept: Uint8Array = new Uint8Array()
  /**
   * How much of what is kept was already passed on, as it is or masked; it is kept because more of a secret may follow.
   */
  #shown = 0
  /** Whether a mask was the last output: it also covers a secret that overlaps. */
  #isMasked = false

  constructor(matcher: Matcher, mask: Buffer) {
    this.#matcher = matcher
    this.#mask = mask
  }

  get isHolding(): boolean {
    return this.#kept.length > this.#shown
  }

  push(chunk: Uint8Array): Buffer {
    const text = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk])
    const { matches, openFrom } = this.#matcher.findOpen(text)
    return this.#release(text, matches, openFrom)
  }

  flush(): Buffer {
    const [first] = regionsOf(this.#matcher.find(this.#kept))
    const isSecret = first !== undefined && first.start <= this.#shown && first.end > this.#shown
    const pieces = isSecret && !this.#continues(first) ? [this.#mask] : []
    if (isSecret) {
      this.#shown = first.end
      this.#isMasked = true
    }
    const tail = this.#kept.subarray(this.#shown)
    if (tail.length > 0 && (this.#isMasked ? tail : this.#kept).length <= MAX_SHOWN) {
      pieces.push(Buffer.from(tail))
      this.#shown = this.#kept.length
      this.#isMasked = false
    }
    return Buffer.concat(pieces)
  }

  end(): Buffer {
    return this.#release(this.#kept, this.#matcher.find(this.#kept), this.#kept.length)
  }

  /** Passes on what is before the cut, and masks the secrets that begin there. */
  #release(text: Uint8Array, matches: readonly Match[], cut: number): Buffer {
    const pieces: Uint8Array[] = []
    let at = this.#shown
    for (const region of regionsOf(matches)) {
      const { start, end } = region
      if (start >= cut) break
      if (start > at) pieces.push(text.subarray(at, start))
      if (end > at && !this.#continues(region)) pieces.push(this.#mask)
      at = Math.max(at, end)
    }
    this.#isMasked = at > cut && (at > this.#shown || this.#isMasked)
    if (at < cut) pieces.push(text.subarray(at, cut))
    // A copy, since the owner of the chunk may overwrite it.
    this.#kept = Uint8Array.prototype.slice.call(text, cut)
    this.#shown = Math.max(0, at - cut)
    return Buffer.concat(pieces)
  }

  /** Whether a secret overlaps with one whose mask was passed on. */
  #continues({ start }: Region): boolean {
    return this.#isMasked && start < this.#shown
  }
}

interface Region {
  readonly start: number
  readonly end: number
}

/** Overlapping secrets form one region; those that only touch form two. */
function regionsOf(matches: readonly Match[]): readonly Region[] {
  const regions: { start: number; end: number }[] = []
  for (const { start, end } of matches) {
    const last = regions.at(-1)
    if (last && start < last.end) last.end = Math.max(last.end, end)
    else regions.push({ start, end })
  }
  return regions
}
