import type { ProfileChoice } from '../index.ts'

/** Why a profile is in use; shown after its name. */
export const PROFILE_REASON = {
  option: 'chosen by --profile',
  SYSTEMPROMPT_PROFILE: 'chosen by SYSTEMPROMPT_PROFILE',
  session: "chosen by 'systemprompt profile use'",
  'only one': 'the only one',
  local: 'the default if none is chosen',
} as const satisfies Record<ProfileChoice, string>
