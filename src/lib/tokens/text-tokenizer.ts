/** Tokenizers to choose from: the shipped vocabularies, and files in the format of Hugging Face. */
import { readFile } from 'node:fs/promises';
import { FakeaiError, messageOf } from '../errors.js';
import { Tokenizer } from './tokenizer.js';
import { loadVocabulary, VOCABULARY_NAMES, type VocabularyName } from './vocabulary.js';

/** A shipped vocabulary by its name, or a `tokenizer.json` by its path. Plain data: it crosses to threads. */
export type TokenizerChoice = { vocabulary: VocabularyName } | { path: string };

/** Counts the tokens of texts, without the special ones that a model puts around them. */
export interface TextTokenizer {
  count(text: string): number;
}

/** What the text of a setting chooses. */
export function tokenizerChoice(text: string): TokenizerChoice {
  const vocabulary = VOCABULARY_NAMES.find((name) => name === text);
  return vocabulary ? { vocabulary } : { path: text };
}

/**
 * Opens a tokenizer. A vocabulary takes about 20 ms, a `tokenizer.json` some hundred, and some ten times as long per
 * text.
 *
 * @throws FakeaiError FAKEAI_FILE_UNREADABLE for a file that is missing or no tokenizer
 */
export const openTokenizer = async (choice: TokenizerChoice): Promise<TextTokenizer> =>
  'path' in choice ? openFile(choice.path) : new Tokenizer(loadVocabulary(choice.vocabulary));

async function openFile(path: string): Promise<TextTokenizer> {
  try {
    const json = JSON.parse(await readFile(path, 'utf8')) as object;
    // Few runs need it.
    const { Tokenizer: FileTokenizer } = await import('@huggingface/tokenizers');
    const tokenizer = new FileTokenizer(json, {});
    const count = (text: string): number => tokenizer.encode(text, { add_special_tokens: false }).ids.length;
    if (!(count('a') > 0)) throw new Error('it finds no token in a text');
    return { count };
  } catch (error) {
    const problem =
      error instanceof SyntaxError || error instanceof TypeError
        ? `it is not a tokenizer.json (${messageOf(error)})`
        : messageOf(error);
    throw new FakeaiError('FAKEAI_FILE_UNREADABLE', { path, problem }, { cause: error });
  }
}
