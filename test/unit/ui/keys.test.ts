import { EventEmitter } from 'node:events';
import * as fc from '../../support/fast-check.js';
import { describe, expect, it, test } from 'vitest';
import { keyCommands, listenToKeys, type KeyCommand, type Keyboard } from '../../../src/ui/keys.js';

const typesOf = (text: string): string[] => keyCommands(text).map(({ type }) => type);

describe('keyCommands', () => {
  test.each<[string, string, KeyCommand[]]>([
    [
      'digits',
      '13',
      [
        { type: 'panel', index: 0 },
        { type: 'panel', index: 2 },
      ],
    ],
    [
      'Tab and Shift-Tab',
      '\t\u001b[Z',
      [
        { type: 'step', by: 1 },
        { type: 'step', by: -1 },
      ],
    ],
    [
      'arrows',
      '\u001b[C\u001b[D',
      [
        { type: 'step', by: 1 },
        { type: 'step', by: -1 },
      ],
    ],
    ['q and Ctrl-C', 'q\u0003', [{ type: 'stop' }, { type: 'stop' }]],
    ['help', '?h', [{ type: 'help' }, { type: 'help' }]],
  ])('%s', (_, text, commands) => expect(keyCommands(text)).toEqual(commands));

  it('takes no key out of the middle of another one', () => {
    // F1 to F5, page up, a click, a pasted text, an escape alone.
    expect(typesOf('\u001b[1;5C\u001b[15~\u001b[5~\u001b[<0;1;1M')).toEqual([]);
    expect(typesOf('\u001b')).toEqual([]);
    expect(typesOf('xyz\u0000é')).toEqual([]);
  });

  it('takes whatever a terminal may send', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(keyCommands(text).length).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 200 },
    );
  });
});

class FakeKeyboard extends EventEmitter {
  isRaw = false;
  flowing = false;
  constructor(readonly isTTY: boolean) {
    super();
  }
  setRawMode(raw: boolean): this {
    this.isRaw = raw;
    return this;
  }
  resume(): this {
    this.flowing = true;
    return this;
  }
  pause(): this {
    this.flowing = false;
    return this;
  }
  unref(): this {
    return this;
  }
}
const listen = (keyboard: FakeKeyboard, heard: KeyCommand[]) =>
  listenToKeys(keyboard as unknown as Keyboard, (command) => heard.push(command));

describe('listenToKeys', () => {
  it('listens key by key, and gives the keyboard back as it was', () => {
    const [keyboard, heard] = [new FakeKeyboard(true), [] as KeyCommand[]];
    const giveBack = listen(keyboard, heard);
    expect(keyboard).toMatchObject({ isRaw: true, flowing: true });
    keyboard.emit('data', Buffer.from('2'));
    giveBack();
    keyboard.emit('data', Buffer.from('3'));
    expect(heard).toEqual([{ type: 'panel', index: 1 }]);
    expect(keyboard).toMatchObject({ isRaw: false, flowing: false });
  });

  it('touches nothing that is not a terminal', () => {
    const keyboard = new FakeKeyboard(false);
    listen(keyboard, [])();
    expect([keyboard.isRaw, keyboard.listenerCount('data')]).toEqual([false, 0]);
  });
});
