// SPDX-License-Identifier: ISC
//
// reference.mjs FILE: settings, one in a line, become the command that the
// reference would have a shell run, one in a line: in JSON, both.

import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const module = pathToFileURL(process.argv[2]).href
const { wrapCommandWithSandboxMacOS } = await import(module)
const { removeTrailingGlobSuffix } = await import(
  new URL('sandbox-utils.js', module).href
)

// As its sandbox-manager.js hands them over.
const strings = list =>
  (list ?? [])
    .filter(e => typeof e === 'string')
    .map(removeTrailingGlobSuffix)
// Its schema has no objects here: an entry is what it is in srt's.
const sockets = list => (list ?? []).map(e => e.path ?? e)
const literals = list =>
  (list ?? []).filter(e => typeof e !== 'string').map(e => e.path)

// Of its paths that are always written to.
const devices = ['stdout', 'stderr', 'null', 'tty', 'dtracehelper',
  'autofs_nowait'].map(name => '/dev/' + name)

function command({ network, filesystem: files, ...rest }) {
  return wrapCommandWithSandboxMacOS({
    command: 'true',
    needsNetworkRestriction: true,
    httpProxyPort: 3128,
    socksProxyPort: 3128,
    allowUnixSockets: sockets(network.allowUnixSockets),
    allowAllUnixSockets: network.allowAllUnixSockets,
    allowLocalBinding: network.allowLocalBinding,
    allowMachLookup: network.allowMachLookup,
    readConfig: files.disabled ? undefined : {
      denyOnly: strings(files.denyRead),
      literalDenyOnly: literals(files.denyRead),
      allowWithinDeny: strings(files.allowRead),
      literalAllowWithinDeny: literals(files.allowRead),
    },
    writeConfig: files.disabled ? undefined : {
      allowOnly: [...devices, ...strings(files.allowWrite)],
      literalAllowOnly: literals(files.allowWrite),
      denyWithinAllow: strings(files.denyWrite),
      literalDenyWithinAllow: literals(files.denyWrite),
    },
    allowGitConfig: files.allowGitConfig,
    binShell: 'sh',
    ...rest,
  })
}

// It asks which(1) for the shell each time, which gives up where all is busy.
function patiently(settings) {
  for (let tries = 0; ; tries++) {
    try {
      return command(settings)
    } catch (error) {
      if (tries === 20 || !/not found in PATH/.test(error.message)) throw error
    }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(patiently(JSON.parse(line))) + '\n')
}
