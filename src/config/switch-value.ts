/** Values that somebody writes behind a flag that takes none, such as `--chunked-prefill false`. */

/** Whether an argument that belongs to no flag looks like the value of a switch. */
export const isSwitchValue = (argument: string): boolean => /^(true|false|yes|no|on|off)$/i.test(argument);

export const SWITCH_HINT =
  'Flags that are on or off take no value: write --chunked-prefill, say, or --no-chunked-prefill.';
