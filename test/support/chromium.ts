import { existsSync } from 'node:fs'

/** Debian's; the first takes a quarter of the other's processor time, since it is Chromium without windows. */
const PLACES = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'] as const

/** The browser in which tests open pages; SYSTEMPROMPT_CHROMIUM names another. */
export const CHROMIUM = process.env.SYSTEMPROMPT_CHROMIUM ?? PLACES.find((path) => existsSync(path)) ?? PLACES[1]
