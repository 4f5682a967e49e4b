/** What all commands share: settings from all layers, and errors that a person can act on. */
import type { Interfaces } from '@oclif/core';
import { Command } from '@oclif/core/command';
import { isSwitchValue, SWITCH_HINT } from '../../config/switch-value.js';
import { unknownFlagError } from '../../config/unknown-flag.js';
import { EXIT, FakeaiError, messageOf } from '../../lib/errors.js';
import type { SectionName } from '../../config/schema.js';

interface Explanation {
  message: string;
  hint: string;
  exitCode: number;
}

/** Base of every command: errors become what is wrong and what to do, and an exit code from the one table. */
export abstract class FakeaiCommand extends Command {
  /** The section of the settings that this command reads. */
  protected abstract readonly section: SectionName;

  protected override async catch(error: Interfaces.CommandError): Promise<never> {
    // The command has already said what there is to say.
    if ('code' in error && error.code === 'EEXIT') throw error;
    const { message, hint, exitCode } = this.#explain(error);
    process.stderr.write(`error: ${message}\n  ${hint}\n`);
    if (process.env['DEBUG']) process.stderr.write(`${error.stack ?? ''}\n`);
    return this.exit(exitCode);
  }

  #explain(error: Interfaces.CommandError): Explanation {
    if (error instanceof FakeaiError) return error;
    if (
      'flags' in error &&
      Array.isArray(error.flags) &&
      error.constructor.name === 'NonExistentFlagsError'
    ) {
      return unknownFlagError(String(error.flags[0]), this.section);
    }
    // Whatever else oclif refuses is about the command line.
    if ('oclif' in error) {
      const message = messageOf(error).split('\n')[0]!;
      const [, argument = ''] = /^Unexpected argument: (.*)$/.exec(message) ?? [];
      const hint = isSwitchValue(argument) ? SWITCH_HINT : `See: fakeai ${this.id} --help`;
      return { message, hint, exitCode: EXIT.usage };
    }
    return {
      message: `unexpected: ${messageOf(error)}`,
      hint: 'This is a defect of fakeai; please report it with the command that you ran and its output under DEBUG=1.',
      exitCode: EXIT.failure,
    };
  }
}
