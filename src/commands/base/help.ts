/** oclif's help, in which the first entry of a list is indented like the others. */
import { CommandHelp, Help } from '@oclif/core/help';

class AlignedCommandHelp extends CommandHelp {
  /** oclif trims the whole list, and with it the first entry: a flag without a letter stood left of the others. */
  override renderList(...args: Parameters<CommandHelp['renderList']>): string {
    const text = super.renderList(...args);
    const first = args[0][0]?.[0] ?? '';
    const indentation = first.length - first.trimStart().length;
    const [line = ''] = text.split('\n');
    // A list that gives each description a line of its own is indented by other rules.
    const hasColumns = line.length > first.trim().length && line.startsWith(first.trim());
    return hasColumns ? ' '.repeat(indentation) + text : text;
  }
}

export default class AlignedHelp extends Help {
  protected override readonly CommandHelpClass = AlignedCommandHelp;
}
