// Writes oclif.manifest.json, from which the CLI starts without loading every command. The `oclif` package has a command
// for this that also looks for updates on the network.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Otherwise oclif would look for TypeScript sources instead of dist/.
process.env.NODE_ENV = 'production';
const { Plugin } = await import('@oclif/core/config');

const root = fileURLToPath(new URL('../..', import.meta.url));
const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, null, 2)}\n`);
