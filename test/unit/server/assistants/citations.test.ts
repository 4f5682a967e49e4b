import { describe, expect, test } from 'vitest';
import {
  citationsIn,
  citedAnswer,
  MarkBuffer,
} from '../../../../src/server/protocols/openai/assistants/citations.js';
import type { SearchResult } from '../../../../src/server/protocols/openai/assistants/records.js';

const result = (file: string, score: number, text: string): SearchResult => ({
  file_id: `file-${file}`,
  file_name: `${file}.txt`,
  score,
  content: [{ type: 'text', text }],
});

describe('an answer out of files', () => {
  test('has the sentence that fits of each file that is about as good as the best', () => {
    const results = [
      result('a', 0.9, 'Lunch is free. Bananas are yellow! They are cheap.'),
      result('a', 0.8, 'More bananas.'),
      result('b', 0.7, 'About bananas\nThey grow in the south.'),
      result('c', 0.2, 'Bananas are nothing to me.'),
    ];
    expect(citedAnswer(results, 'What colour are bananas?', 4)).toBe(
      'Bananas are yellow!【4:0†a.txt】 About bananas They grow in the south.【4:2†b.txt】',
    );
  });

  test('is none without results', () => {
    expect(citedAnswer([], 'x', 1)).toBeUndefined();
    expect(citedAnswer([result('a', 1, ' \n ')], 'x', 1)).toBeUndefined();
  });
});

test('marks are counted in characters, and only whole ones of what was found', () => {
  const text = '🍌🍌 yellow【1:0†a.txt】, 【1:7†z.txt】 and【1:0†a';
  expect(citationsIn(text, [result('a', 1, '')])).toEqual([
    {
      type: 'file_citation',
      text: '【1:0†a.txt】',
      start_index: 9,
      end_index: 20,
      file_citation: { file_id: 'file-a' },
    },
  ]);
});

test('marks are handed on whole, however the text comes', () => {
  const text = 'one【1:0†a.txt】 two【1:1†b.txt】【1:2';
  const buffer = new MarkBuffer();
  const pieces = [...text].flatMap((character) => buffer.push(character));
  pieces.push(...buffer.rest());
  expect(pieces.join('')).toBe(text);
  expect(pieces.filter((piece) => piece.length > 1)).toEqual(['【1:0†a.txt】', '【1:1†b.txt】', '【1:2']);
});
