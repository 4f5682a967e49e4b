/**
 * The keyboard, while a live screen is there. In raw mode the terminal turns no key into a signal, so Ctrl-C is read here
 * and means what it always means.
 */

/** What a key asks for. */
export type KeyCommand =
  { type: 'panel'; index: number } | { type: 'step'; by: 1 | -1 } | { type: 'help' } | { type: 'stop' };

const KEYS: Readonly<Record<string, KeyCommand>> = {
  '\t': { type: 'step', by: 1 },
  '\u001b[C': { type: 'step', by: 1 },
  '\u001b[Z': { type: 'step', by: -1 },
  '\u001b[D': { type: 'step', by: -1 },
  '?': { type: 'help' },
  h: { type: 'help' },
  q: { type: 'stop' },
  '\u0003': { type: 'stop' },
};
const ESCAPE = '\u001b';

/** The commands in what came from a keyboard; anything else is ignored. */
export function keyCommands(text: string): KeyCommand[] {
  const commands: KeyCommand[] = [];
  for (let at = 0; at < text.length;) {
    const length = text[at] === ESCAPE ? escapeLength(text, at) : 1;
    const key = text.slice(at, at + length);
    at += length;
    const digit = /^[1-9]$/.test(key) ? Number(key) : undefined;
    const command = digit === undefined ? KEYS[key] : ({ type: 'panel', index: digit - 1 } as const);
    if (command) commands.push(command);
  }
  return commands;
}

/** ESC [ parameters letter, or ESC alone. */
function escapeLength(text: string, at: number): number {
  if (text[at + 1] !== '[') return 1;
  let end = at + 2;
  while (end < text.length && !/[A-Za-z~]/.test(text[end]!)) end++;
  return end - at + 1;
}

/** The part of a terminal's input that matters here. */
export type Keyboard = Pick<NodeJS.ReadStream, 'on' | 'off' | 'setRawMode' | 'resume' | 'pause' | 'unref'> & {
  isTTY: boolean;
  isRaw?: boolean;
};

/**
 * Listens to a keyboard.
 *
 * @returns gives it back as it was; nothing happens where there is none
 */
export function listenToKeys(keyboard: Keyboard, onCommand: (command: KeyCommand) => void): () => void {
  if (!keyboard.isTTY) return () => {};
  const wasRaw = keyboard.isRaw === true;
  const onData = (data: Buffer | string): void => {
    for (const command of keyCommands(String(data))) onCommand(command);
  };
  keyboard.setRawMode(true);
  keyboard.on('data', onData);
  keyboard.resume();
  // Whether the process goes on is not for the keyboard to decide.
  keyboard.unref();
  return () => {
    keyboard.off('data', onData);
    keyboard.setRawMode(wasRaw);
    keyboard.pause();
  };
}
