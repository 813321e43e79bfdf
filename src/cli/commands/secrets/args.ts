import type { ArgsDef } from '../../command.ts'
import { CLOUD_ARGS, YES_ARG } from '../../session.ts'

const { profile, cwd, json, help } = CLOUD_ARGS

/** Flags of every command for the secrets of a profile. */
export const LOCAL_ARGS = { profile, cwd, json, help } as const satisfies ArgsDef

export const ASKING_ARGS = { ...LOCAL_ARGS, ...YES_ARG } as const satisfies ArgsDef
