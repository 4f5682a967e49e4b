/** System prompts, from files, as the prefixes that caches know them by. */
import { readFile } from 'node:fs/promises';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import { TokenCounter } from '../../lib/tokens/counter.js';
import type { Vocabulary } from '../../lib/tokens/vocabulary.js';
import { countText } from '../text/prompt.js';
import { promptBlocks } from '../text/prompt-blocks.js';
import type { WarmPrefix } from './messages.js';

/**
 * Reads prompts; each is the first message of the requests that will find it, with the role `system`.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID for a file that cannot be read
 */
export async function readWarmPrompts(
  paths: readonly string[],
  vocabulary: () => Vocabulary,
  blockTokens: number,
): Promise<WarmPrefix[]> {
  if (paths.length === 0) return [];
  const counter = new TokenCounter(vocabulary());
  const texts = await Promise.all(paths.map(readPrompt));
  return texts.map((text) => {
    const messages = [{ role: 'system', name: undefined, text }];
    const totalTokens = countText(messages, counter);
    const prompt = { model: '', messages, totalTokens, toolsName: 0 };
    return { promptTokens: totalTokens, blockHashes: promptBlocks(prompt, '', counter, blockTokens) };
  });
}

async function readPrompt(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: `warm-prompt ${path}`,
      problem: `cannot be read: ${messageOf(error)}`,
      hint: 'Give a text file with a system prompt.',
    });
  }
}
