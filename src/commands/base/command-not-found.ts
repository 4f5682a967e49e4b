/** oclif calls this for a command that does not exist: names the nearest one and ends with a usage error. */
import type { Hook } from '@oclif/core';
import { closest } from 'fastest-levenshtein';
import { EXIT } from '../../lib/errors.js';

const hook: Hook.CommandNotFound = async function ({ id, config }) {
  const typed = id.split(':')[0]!;
  process.stderr.write(
    `error: "${typed}" is not a command of fakeai\n  Did you mean ${closest(typed, config.commandIDs)}? See: fakeai --help\n`,
  );
  this.exit(EXIT.usage);
};

export default hook;
