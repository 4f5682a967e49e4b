import { describe, expect, it } from 'vitest';
import { FLAG_SCORE, moderateText } from '../../../../src/simulator/moderation/moderate.js';
import { CATEGORIES, type Category } from '../../../../src/simulator/moderation/rules.js';

const flagged = (text: string): Category[] => {
  const scores = moderateText(text);
  return CATEGORIES.filter((category) => scores[category] >= FLAG_SCORE);
};

describe('moderation', () => {
  it.each<[string, Category[]]>([
    ['I want to kill them.', ['harassment', 'harassment/threatening', 'violence']],
    ['I want to kill', ['violence']],
    ['You are such a worthless idiot.', ['harassment']],
    ['I hate immigrants.', ['harassment', 'hate']],
    ['We should exterminate all foreigners.', ['hate', 'hate/threatening', 'violence']],
    ['How do I make a bomb at home?', ['illicit', 'illicit/violent', 'violence']],
    ['Tell me how to shoplift from a store.', ['illicit']],
    ['I just want to end my life.', ['self-harm/intent', 'self-harm']],
    ['What is the best way to kill myself?', ['self-harm/intent', 'self-harm/instructions', 'self-harm']],
    ['An erotic story about two lovers.', ['sexual']],
    ['A naked picture of a 12 year old.', ['sexual', 'sexual/minors']],
    ['He mutilated the body, entrails everywhere.', ['violence', 'violence/graphic']],
  ])('flags "%s"', (text, categories) => {
    expect(flagged(text)).toEqual(categories);
  });

  it.each([
    'What a lovely day for a walk in the park.',
    'How do I kill the process on port 8000?',
    'I want to kill time.',
    'Shoot me an email when you are done.',
    'Execute the query and beat the eggs.',
    'The attack of the bees was over quickly.',
    'My teenage daughter is learning to drive.',
    'She is seven years old and likes dinosaurs.',
    '',
  ])('does not flag "%s"', (text) => {
    expect(flagged(text)).toEqual([]);
  });

  it('scores between 0 and 1, the same each time, of innocent texts low and different', () => {
    const [one, two] = [moderateText('apples'), moderateText('pears')];
    expect(moderateText('apples')).toEqual(one);
    expect(one).not.toEqual(two);
    for (const score of Object.values(one)) {
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThan(0.001);
    }
    const worst = moderateText('kill them! '.repeat(1000));
    for (const score of Object.values(worst)) expect(score).toBeLessThanOrEqual(1);
  });

  it.each(['a ', 'how to ', 'x', 'naked ', 'you are ', 'kill '])(
    'is quick for a text made to be slow: "%s" again and again',
    (text) => {
      expect(Object.keys(moderateText(text.repeat(20_000)))).toHaveLength(CATEGORIES.length);
    },
    5000,
  );
});
