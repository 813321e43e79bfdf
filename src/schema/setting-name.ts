import type { Path } from '../types.ts'

/** The prefix of variables that set a key of the configuration (formats.md, section 6). */
export const SETTING_PREFIX = 'SYSTEMPROMPT__'

/** Whether a variable sets a key: `SYSTEMPROMPT__SERVER__PORT`, in any case. */
export function isSettingName(name: string): boolean {
  // The first letter decides for nearly all names; this is called for every variable at every start.
  if (name[0] !== 'S' && name[0] !== 's') return false
  return name.length > SETTING_PREFIX.length && name.slice(0, SETTING_PREFIX.length).toUpperCase() === SETTING_PREFIX
}

/** The variable that sets a key, if one can: names are read in lower case, and two underscores go one level down. */
export function settingNameOf(path: Path): string | undefined {
  const canBeNamed = path.every((segment) => typeof segment === 'string' && /^[a-z0-9]+(?:_[a-z0-9]+)*$/.test(segment))
  return canBeNamed ? `${SETTING_PREFIX}${path.join('__').toUpperCase()}` : undefined
}
