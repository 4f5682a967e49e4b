/** Questions as queries: the words that tell what is looked for. */

/** Words that a person uses to ask, and that no text is about. */
const FILLERS = new Set(
  (
    'a about all am an and any anything are as at be been being but by can could did do does done for from give had has ' +
    'have having hello hi how i if in is it its just know let like look may me might must my need of on or our please ' +
    'say says see shall she he should so some something tell than that the their them then there these they this those ' +
    'to us want was we were what when where which who whom whose why will with would you your'
  ).split(' '),
);

/** The words of a query that tell something, in order; all of it when none does. */
export function keyWords(query: string): string {
  const words = query.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? [];
  const telling = words.filter((word) => !FILLERS.has(word.toLowerCase().replace(/['’].*$/, '')));
  return telling.length === 0 ? query : telling.join(' ');
}
