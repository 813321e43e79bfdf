import { cloudName, KNOWN_SECRETS, profilesIn, readRegistry } from '../../cloud/for-commands.ts'
import { loadConfigSync } from '../../index.ts'
import type { Args } from '../args.ts'
import type { Completes } from '../command.ts'
import { leafPaths } from '../commands/config/leaf-paths.ts'
import type { Io } from '../io.ts'
import { loadOptions } from '../options.ts'
import { findProject, localSecretsOf } from '../project.ts'
import type { FindNames, Offer } from './offers.ts'

/**
 * The names in this project's files. It does not use the network, run the project's code, or look at the values of
 * secrets. A file that cannot be read has no names.
 */
export function namesOf(io: Io): FindNames {
  return ({ completes }, given) => {
    if (completes === undefined || completes === 'file' || completes === 'directory') return []
    return SOURCES[completes].flatMap((source) => {
      try {
        return source(given, io)
      } catch {
        return []
      }
    })
  }
}

type Source = (given: Args, io: Io) => readonly Offer[]

const profiles: Source = (given, io) =>
  profilesIn(findProject({ cwd: given.cwd }, io).files.state).map((value) => ({ value, description: 'profile' }))

const tenants: Source = (given, io) =>
  readRegistry(findProject(given, io).files).tenants.map(({ id, name }) => ({ value: id, description: name }))

/** By the name in the environment, and by the one in the file. */
const localSecrets: Source = (given, io) =>
  localSecretsOf(findProject(given, io)).secrets.flatMap(({ key, env }) => namesOfSecret(key, env, 'in secrets.json'))

const knownSecrets: Source = () => KNOWN_SECRETS.flatMap(({ key, env }) => namesOfSecret(key, env, ''))

const cloudSecrets: Source = (given, io) =>
  localSecretsOf(findProject(given, io)).secrets.flatMap(({ key, env }) =>
    namesOfSecret(key, cloudName(env), 'in secrets.json'),
  )

function namesOfSecret(key: string, env: string, description: string): readonly Offer[] {
  return [
    { value: env, description },
    { value: key, description, isOther: true },
  ]
}

const keys: Source = (given, io) => {
  const { config, secrets } = loadConfigSync({ ...loadOptions(given, io), onUndefined: 'keep' })
  const paths = [...leafPaths(config)].map((value) => ({ value, description: '' }))
  const others = secrets.names().map((value) => ({ value, description: 'secret', isOther: true as const }))
  return [...paths, ...secrets.envNames().map((value) => ({ value, description: 'secret' })), ...others]
}

const SOURCES: Readonly<Record<Exclude<Completes, 'file' | 'directory'>, readonly Source[]>> = {
  profile: [profiles],
  tenant: [tenants],
  secret: [localSecrets],
  'new-secret': [localSecrets, knownSecrets],
  'cloud-secret': [cloudSecrets],
  key: [keys],
}
