import type { Redactor } from '../scan/index.ts'

/** One of the process's output streams. */
export type Output = NodeJS.WriteStream

/** Milliseconds without output after which bytes that could start a secret are written, so that prompts appear. */
const FLUSH_AFTER = 50

/**
 * Masks secrets in what is written to a stream from now on. The stream stays the same object, even a terminal. What
 * bypasses it (`fs.writeSync(1, …)`, a child with the same descriptor) is not masked.
 *
 * @returns a function that writes what is still held back, to call when the process ends
 */
export function redactOutput(stream: Output, redactor: Redactor): () => void {
  const write = stream.write.bind(stream) as (chunk: Uint8Array, done?: Done) => boolean
  let timer: NodeJS.Timeout | undefined
  const writeMasked = (text: Uint8Array, done?: Done): boolean => {
    if (text.length > 0) return write(text, done)
    if (done) queueMicrotask(done)
    return true
  }
  const redactedWrite = (chunk: Uint8Array | string, encoding?: BufferEncoding | Done, callback?: Done): boolean => {
    const done = typeof encoding === 'function' ? encoding : callback
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8') : chunk
    clearTimeout(timer)
    const text = redactor.push(bytes)
    if (redactor.isHolding) timer = setTimeout(() => writeMasked(redactor.flush()), FLUSH_AFTER).unref()
    return writeMasked(text, done)
  }
  const end = stream.end.bind(stream) as (done?: Done) => Output
  // The last chunk would bypass `write`.
  const redactedEnd = (chunk?: Uint8Array | string | Done | null, encoding?: BufferEncoding | Done, done?: Done) => {
    const callback = [chunk, encoding, done].find((each) => typeof each === 'function') as Done | undefined
    if (chunk && typeof chunk !== 'function') redactedWrite(chunk, encoding === callback ? undefined : encoding)
    writeMasked(redactor.end())
    return end(callback)
  }
  stream.write = redactedWrite as Output['write']
  stream.end = redactedEnd as Output['end']
  return () => {
    writeMasked(redactor.end())
  }
}

type Done = (error?: Error | null) => void
