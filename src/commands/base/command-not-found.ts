/**
 * oclif calls this for a command that does not exist: `help COMMAND` shows help; all else is a usage error that names the
 * nearest one.
 */
import type { Hook } from '@oclif/core';
import { closest } from 'fastest-levenshtein';
import { EXIT } from '../../lib/errors.js';

const hook: Hook.CommandNotFound = async function ({ id, config, argv = [] }) {
  const [typed = '', ...words] = [...id.split(':'), ...argv];
  const isHelp = typed === 'help';
  const wanted = isHelp ? (words[0] ?? '') : typed;
  if (isHelp && (wanted === '' || config.findCommand(wanted))) {
    const { loadHelpClass } = await import('@oclif/core/help');
    const HelpClass = await loadHelpClass(config);
    await new HelpClass(config, config.pjson.oclif.helpOptions).showHelp(words);
    return;
  }
  const nearest = closest(wanted, [...config.commandIDs, 'help']);
  process.stderr.write(
    `error: "${wanted}" is not a command of fakeai\n  Did you mean ${nearest}? See: fakeai --help\n`,
  );
  this.exit(EXIT.usage);
};

export default hook;
