import { activateTenant, readRegistry } from '../../../../cloud/for-commands.ts'
import { nearest } from '../../../../index.ts'
import { CLOUD_ARGS } from '../../../args.ts'
import { defineCommand } from '../../../command.ts'
import { CliError, EXIT } from '../../../io.ts'
import { printJson, shown } from '../../../output.ts'
import { findProject, profileTenant } from '../../../project.ts'
import { FILE_EXITS } from '../../../shapes.ts'

export const use = defineCommand({
  examples: [
    ['systemprompt cloud tenant use tenant_def456', 'Profiles without a tenant of their own use it from now on'],
  ],
  output: 'One line.',
  json: { ok: 'boolean', active_tenant: 'string' },
  exits: FILE_EXITS,
  args: { id: { type: 'positional', completes: 'tenant', description: 'The ID of the tenant' }, ...CLOUD_ARGS },
  async run({ args, io }) {
    const project = findProject(args, io)
    const { files, profile } = project
    const id = String(args.id)
    if (!(await activateTenant(files, id))) {
      const near = nearest(
        id,
        readRegistry(files).tenants.map((tenant) => tenant.id),
      )
      const hint =
        near === undefined ? "'systemprompt cloud tenant list' fetches them." : `Did you mean ${shown(near)}?`
      throw new CliError('NOT_FOUND', EXIT.notFound, `tenants.json has no such tenant. ${hint}`)
    }
    if (args.json) printJson(io, { ok: true, active_tenant: id })
    else io.out(`${shown(id)} is now the active tenant.\n`)
    const wanted = profileTenant(project)
    if (profile && wanted !== undefined && wanted !== id) {
      const remedy = 'Change that, or give --tenant.'
      io.err(
        `The profile ${shown(profile.name)} still uses ${shown(wanted)}: its cloud.tenant_id takes precedence. ${remedy}\n`,
      )
    }
    return EXIT.ok
  },
})
