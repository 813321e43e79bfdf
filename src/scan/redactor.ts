import { Transform } from 'node:stream'
import { MASK } from '../secret.ts'
import { createMatcher, type Match, type Matcher } from './matcher.ts'
import type { NamedSecret } from './secret-parts.ts'

export interface RedactorOptions {
  /**
   * What stands in the place of a secret.
   * @default '••••'
   */
  readonly mask?: string
}

export interface RedactStreamOptions extends RedactorOptions {
  /**
   * Milliseconds of silence after which a few bytes that could be the beginning of a secret are let out, so
   * that a prompt shows up.
   * @default 50
   */
  readonly flushAfter?: number
}

/** Masks secrets in bytes that come in pieces. What comes out does not depend on where the pieces end. */
export interface Redactor {
  /** What can be let out of all that was pushed: all but an end that may be the beginning of a secret. */
  push(chunk: Uint8Array): Buffer
  /**
   * Lets out of what is held back the mask of a whole secret, and a few bytes that tell nothing of one. When
   * more of it comes after all, that is masked.
   */
  flush(): Buffer
  /** Whether anything is held back. */
  readonly isHolding: boolean
  /** What is left. */
  end(): Buffer
}

/** So much of the beginning of a secret may be seen. */
const HARMLESS = 3

/**
 * Masks every secret of 8 characters or more, in every form that `createMatcher` knows, common values too. A
 * matcher may be given in place of the secrets, so that two streams share one.
 *
 * Only an end that may be the beginning of a secret is held back: a line that holds none is let out at once.
 *
 * @example
 * const redactor = createRedactor([{ name: 'STRIPE_KEY', value: 'sk_live_51Hq8…' }])
 * redactor.push(Buffer.from('key is sk_li')) // 'key is '
 * redactor.push(Buffer.from('ve_51Hq8…\n'))  // '••••\n'
 * redactor.end()                             // ''
 */
export function createRedactor(secrets: Iterable<NamedSecret> | Matcher, options: RedactorOptions = {}): Redactor {
  const matcher = 'findOpen' in secrets ? secrets : createMatcher(secrets, { commonValues: 'find' })
  return new MatchingRedactor(matcher, Buffer.from(options.mask ?? MASK))
}

/**
 * The same as a stream.
 *
 * @example
 * child.stdout.pipe(createRedactStream(secrets)).pipe(process.stdout)
 */
export function createRedactStream(
  secrets: Iterable<NamedSecret> | Matcher,
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
  /** How much of what is kept was let out already; it is kept since more of a secret may follow. */
  #shown = 0

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
    const regions = regionsOf(matches)
    const cut = regions.find(({ start, end }) => start < openFrom && openFrom < end)?.start ?? openFrom
    return this.#letOut(text, regions, cut)
  }

  flush(): Buffer {
    const [first] = regionsOf(this.#matcher.find(this.#kept))
    const masked = first && first.start <= this.#shown && first.end > this.#shown ? first.end : undefined
    const from = masked ?? this.#shown
    const tail = this.#kept.subarray(from)
    const isHarmless = tail.length <= HARMLESS && (masked !== undefined || this.#kept.length <= HARMLESS)
    this.#shown = isHarmless ? this.#kept.length : from
    return Buffer.concat([...(masked === undefined ? [] : [this.#mask]), ...(isHarmless ? [tail] : [])])
  }

  end(): Buffer {
    return this.#letOut(this.#kept, regionsOf(this.#matcher.find(this.#kept)), this.#kept.length)
  }

  #letOut(text: Uint8Array, regions: readonly Region[], cut: number): Buffer {
    const pieces: Uint8Array[] = []
    let at = this.#shown
    for (const { start, end } of regions) {
      if (end > cut) break
      if (start > at) pieces.push(text.subarray(at, start))
      if (end > at) pieces.push(this.#mask)
      at = Math.max(at, end)
    }
    if (at < cut) pieces.push(text.subarray(at, cut))
    // A copy: whoever owns the chunk may write into it.
    this.#kept = Uint8Array.prototype.slice.call(text, cut)
    this.#shown = Math.max(0, this.#shown - cut)
    return Buffer.concat(pieces)
  }
}

interface Region {
  readonly start: number
  readonly end: number
}

/** Secrets that overlap are one region; those that only touch are two. */
function regionsOf(matches: readonly Match[]): readonly Region[] {
  const regions: { start: number; end: number }[] = []
  for (const { start, end } of matches) {
    const last = regions.at(-1)
    if (last && start < last.end) last.end = Math.max(last.end, end)
    else regions.push({ start, end })
  }
  return regions
}
