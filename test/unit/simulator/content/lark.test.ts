import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/lib/random.js';
import { larkText } from '../../../../src/simulator/content/lark/generate.js';
import { GrammarError } from '../../../../src/simulator/content/lark/lexer.js';

/** Texts of many seeds. */
const texts = (grammar: string): string[] =>
  Array.from({ length: 60 }, (_, seed) => larkText(grammar, createRandom(seed)));

/** Each grammar beside an expression for exactly its texts. */
const REGULAR: readonly (readonly [string, string, RegExp])[] = [
  ['text', 'start: "a" "b"', /^ab$/],
  ['alternatives on lines', 'start: "a"\n     | "b"\n\n     | "c"', /^[abc]$/],
  ['terminals', 'start: YEAR "-" MONTH\nYEAR: /20\\d\\d/\nMONTH: "01".."09"', /^20\d\d-0$/],
  ['ranges', 'start: D~2\nD: "3".."5"', /^[3-5]{2}$/],
  ['repetitions', 'start: "a"? "b"* "c"+ "d"~2..3', /^a?b*c+d{2,3}$/],
  ['groups and options', 'start: ("a" | "b")+ ["!"]', /^[ab]+!?$/],
  ['groups over lines', 'start: (\n  "a"\n  | "b"\n) "c"', /^[ab]c$/],
  ['comments', '// first\nstart: "a" // then\n# or\n  | "b"', /^[ab]$/],
  ['imports', 'start: INT\n%import common.INT', /^\d+$/],
  [
    'imports of several',
    'start: N W\n%import common.INT -> N\n%import common (WORD, LETTER)\nW: LETTER',
    /^\d+[a-zA-Z]$/,
  ],
  ['ignored spaces', 'start: WORD WORD\n%import common (WORD, WS)\n%ignore WS', /^[a-zA-Z]+ [a-zA-Z]+$/],
  ['ignored expressions', 'start: "a" "b"\n%ignore / +/', /^a b$/],
  ['priorities, aliases and marks', '?start.2: "a" -> first | !b -> other\n!b: "b"', /^[ab]$/],
  ['escapes', 'start: "\\"" "\\n" "\\\\"', /^"\n\\$/],
  ['any case', 'start: "Select"i', /^select$/i],
  ['nothing', 'start: "a" |', /^a?$/],
];

describe('larkText', () => {
  it.each(REGULAR)('%s', (_, grammar, expression) => {
    for (const text of texts(grammar)) expect(text).toMatch(expression);
  });

  it('ends what calls itself', () => {
    const grammar = 'start: expr\nexpr: "(" expr ")" | expr "+" expr | NUMBER\n%import common.NUMBER';
    const all = texts(grammar);
    for (const text of all) {
      let depth = 0;
      for (const character of text) {
        depth += character === '(' ? 1 : character === ')' ? -1 : 0;
        expect(depth).toBeGreaterThanOrEqual(0);
      }
      expect(depth).toBe(0);
      expect(text).toMatch(/^[()+\d.]+$/);
    }
    expect(new Set(all).size).toBeGreaterThan(20);
  });

  it('gives every alternative, and the same for the same seed', () => {
    expect(new Set(texts('start: "a" | "b" | "c"'))).toEqual(new Set(['a', 'b', 'c']));
    expect(texts('start: /[a-z]{5}/')).toEqual(texts('start: /[a-z]{5}/'));
  });

  it.each([
    ['', "there is no rule 'start'"],
    ['start: a', "'a' is used in 'start' and not defined"],
    ['start: start "a"', "the rule 'start' never ends"],
    ['start: "a"\nstart: "b"', "'start' is defined twice"],
    ['start: "a" )', "line 1: expected the end of the rule, but found ')'"],
    ['start: ("a"', "line 1: expected ')', but found the end"],
    ['start\n"a"', "line 1: expected ':', but found the end of the line"],
    ['start: /(?=a)b/', 'look-around in /(?=a)b/ is not followed'],
    ['start: x{"a"}', 'templates are not followed'],
    ['x{a}: a', "the template 'x': templates are not followed"],
    ['%declare X\nstart: X', "'%declare' is not followed"],
    ['%import .other.X\nstart: X', "only '%import common' is followed"],
    ['%import common.NOTHING\nstart: "a"', "'common' has no terminal 'NOTHING'"],
    ['start: "a"~9999', 'parts are repeated at most 1000 times'],
    ['start: "a"~3..2', "'~3..2' repeats nothing"],
    [`start: ${'('.repeat(100)}`, 'groups are nested more than 64 levels deep'],
    ['start: x~1000\nx: "abcdefghij"~1000', 'its texts are longer than 16384 characters'],
    ['start: §', "line 1: '§' is not understood"],
    ['start: /[/', 'the expression /[/ cannot be followed'],
    [
      `${'a: "x"\n'.replace('a', 'start')}${Array.from({ length: 1001 }, (_, i) => `r${i}: "x"\n`).join('')}`,
      'there are more than 1000 rules',
    ],
  ])('says what is wrong with %j', (grammar, message) => {
    expect(() => larkText(grammar, createRandom(1))).toThrow(new GrammarError(message));
  });
});
