import { Transform } from 'node:stream'

/** Milliseconds within which the rest of a paste comes. */
const PASTE = 50

/**
 * Passes on what is typed to a prompt that takes one line. A line end counts as Enter only if nothing comes right after
 * it, as in a paste of several lines, which may arrive in pieces that end anywhere. Other line ends are left out, and
 * `onLineEnd` is called for them.
 */
export function oneLine(onLineEnd: () => void): Transform {
  let isHeld = false
  let timer: NodeJS.Timeout | undefined
  let turn: NodeJS.Immediate | undefined
  const stopWaiting = (): void => {
    clearTimeout(timer)
    clearImmediate(turn)
  }
  const enter = (): void => {
    stopWaiting()
    if (isHeld) keys.push('\r')
    isHeld = false
  }
  const keys = new Transform({
    transform(piece: Buffer, _, done) {
      // A character for each byte, whatever the encoding.
      const text = piece.toString('latin1')
      const line = text.replace(/[\r\n]+$/, '')
      if (/[\r\n]/.test(line) || (isHeld && line !== '')) onLineEnd()
      isHeld = line !== text || (isHeld && line === '')
      stopWaiting()
      // A slow terminal may have held up this process for longer than that: what has come meanwhile is read first.
      timer = setTimeout(() => {
        turn = setImmediate(enter)
      }, PASTE)
      done(null, Buffer.from(line.replace(/[\r\n]/g, ''), 'latin1'))
    },
    flush(done) {
      enter()
      done()
    },
  })
  return keys
}
