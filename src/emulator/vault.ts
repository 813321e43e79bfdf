import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  randomUUID,
  timingSafeEqual,
} from 'node:crypto'

/** The claims of a token. Times are seconds since 1970. */
export interface Claims {
  /** The user's id. */
  readonly sub: string
  readonly email: string
  /** A login's token, or the short-lived one that tenant calls require. */
  readonly use: 'login' | 'tenant'
  readonly iat: number
  readonly exp: number
  readonly jti: string
}

/** Everything that needs the emulator's key: encrypted values and signed tokens. */
export interface Vault {
  /** AES-256-GCM, bound to the place that the value belongs to. */
  seal(value: string, place: string): string
  /** Undefined if the value was changed, moved, or encrypted with another key. */
  open(sealed: string, place: string): string | undefined
  sign(claims: Omit<Claims, 'jti'>): string
  /** The claims of a token that was signed here; the caller checks whether it has expired. */
  verify(token: string): Claims | undefined
}

const PREFIX = 'sp_test_'
const HEADER = encode({ alg: 'HS256', typ: 'JWT' })

export function createKey(): Buffer {
  return randomBytes(32)
}

export function createVault(key: Uint8Array): Vault {
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', key, '', `systemprompt emulator ${purpose}`, 32))
  const sealing = derive('values')
  const signing = derive('tokens')
  const signatureOf = (text: string): string => createHmac('sha256', signing).update(text).digest('base64url')
  return {
    seal(value, place) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(place))
      const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed, 'base64')
      try {
        const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, 12), { authTagLength: 16 })
        decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(12, 28))
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
    sign(claims) {
      const text = `${HEADER}.${encode({ ...claims, jti: randomUUID() })}`
      return `${PREFIX}${text}.${signatureOf(text)}`
    },
    verify(token) {
      const [header, payload, signature, ...rest] = token.replace(PREFIX, '').split('.')
      if (!token.startsWith(PREFIX) || header !== HEADER || payload === undefined || rest.length > 0) return undefined
      if (!isEqual(signature ?? '', signatureOf(`${header}.${payload}`))) return undefined
      // Signed here, so it has the form that `sign` gave it.
      return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Claims
    },
  }
}

function encode(data: unknown): string {
  return Buffer.from(JSON.stringify(data)).toString('base64url')
}

function isEqual(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}
