/**
 * oclif calls this for a command that does not exist, and for one that does with a word behind it that is not its own: `help COMMAND` shows
 * help; all else is a usage error that names the nearest command, or the word.
 */
import type { Command, Hook } from '@oclif/core';
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
  const command = isHelp ? undefined : config.findCommand(typed);
  process.stderr.write(
    command ? strayWord(command, id.slice(typed.length + 1)) : unknown(wanted, config.commandIDs),
  );
  this.exit(EXIT.usage);
};

function unknown(wanted: string, ids: readonly string[]): string {
  const nearest = closest(wanted, [...ids, 'help']);
  return `error: "${wanted}" is not a command of fakeai\n  Did you mean ${nearest}? See: fakeai --help\n`;
}

/** Other tools take the endpoint as such a word. */
function strayWord({ id, flags }: Command.Loadable, word: string): string {
  const hint = 'url' in flags && /^\w+:|[./]/.test(word) ? `The endpoint is given as --url ${word}. ` : '';
  return `error: fakeai ${id} has no place for "${word}"\n  ${hint}See: fakeai ${id} --help\n`;
}

export default hook;
