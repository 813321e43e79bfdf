/** Writes projects of a given size into a folder. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** `keys` settings in maps of ten, as people group them. */
export function projectWithKeys(root, keys) {
  const groups = Array.from({ length: Math.ceil(keys / 10) }, (_, group) => {
    const count = Math.min(10, keys - group * 10)
    return [
      `group_${group}:`,
      ...Array.from({ length: count }, (_, key) => `  setting_${key}: value ${group}-${key}`),
    ].join('\n')
  })
  return project(root, groups.join('\n'))
}

/** As many references, each to its own .env value. */
export function projectWithReferences(root, references) {
  const names = Array.from({ length: references }, (_, at) => `VALUE_${at}`)
  const lines = names.map((name, at) => `  key_${at}: before \${${name}} after`)
  project(root, ['references:', ...lines].join('\n'))
  writeFileSync(join(root, '.env'), names.map((name, at) => `${name}=text${at}`).join('\n'))
}

/** As many service configs, of ten keys each. */
export function projectWithServices(root, services) {
  project(root, 'paths:\n  services: ../../../services')
  for (let at = 0; at < services; at++) {
    mkdirSync(join(root, 'services', `service-${at}`), { recursive: true })
    const lines = Array.from({ length: 10 }, (_, key) => `setting_${key}: value ${key}`)
    writeFileSync(join(root, 'services', `service-${at}`, 'config.yaml'), lines.join('\n'))
  }
}

function project(root, profile) {
  const directory = join(root, '.systemprompt/profiles/local')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'profile.yaml'), `name: local\nsecrets:\n  validation: skip\n${profile}\n`)
}
