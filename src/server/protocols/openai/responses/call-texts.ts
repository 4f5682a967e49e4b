/** What texts of calls say: JSON, and names of files. */

/** The text as JSON, or something else where a limit cut it. */
export function parsed<T>(text: string, otherwise: T): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    return otherwise;
  }
}

/** The first file that words name, below the working directory. */
export const fileNamedIn = (words: string): string | undefined =>
  /(?:^|[\s"'`(])((?:[\w-]+\/){0,8}[\w-]{1,64}\.[A-Za-z]\w{0,8})(?=$|[\s"'`),.:;?!])/.exec(words)?.[1];
