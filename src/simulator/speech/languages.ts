/** Languages of recordings: which one a text is in, and words for recordings of which nobody knows the text. */
import type { Random } from '../../lib/random.js';
import { prose } from '../../lib/text/prose.js';

const words = (list: string): readonly string[] => list.trim().split(/\s+/);

/** Frequent words, by ISO 639-1 code: enough to tell the languages apart. */
const FREQUENT: Readonly<Record<string, readonly string[]>> = {
  en: words(
    'the and of to a in is it that was for you with on as be at this have from they we there then his her',
  ),
  de: words(`der die das und ist nicht ein eine zu mit auf für von im den dem wir sie ich es auch noch heute
    schon immer Haus Zeit Stadt Frage Wasser Morgen Weg Leute kommen gehen machen bleibt findet neue alte gute`),
  fr: words(`le la les et est pas un une des du dans pour avec sur nous vous elle il ce cette aussi encore
    toujours maison temps ville question eau matin chemin gens vient va fait reste trouve nouvelle petite bonne`),
  es: words(`el la los las y es no un una en de que por para con nosotros ella esto también siempre hoy
    casa tiempo ciudad pregunta agua mañana camino gente viene va hace queda encuentra nueva vieja buena`),
  it: words(`il lo la gli e è non un una di che per con nella sono noi lei questo anche sempre oggi
    casa tempo città domanda acqua mattina strada gente viene va fa resta trova nuova vecchia buona`),
  pt: words(`o a os as e é não um uma de que por para com nós ela isto também sempre hoje
    casa tempo cidade pergunta água manhã caminho gente vem vai faz fica encontra nova velha boa`),
  nl: words(`de het een en is niet van dat in op voor met wij zij ik ook nog vandaag altijd
    huis tijd stad vraag water ochtend weg mensen komt gaat maakt blijft vindt nieuwe oude goede`),
  pl: words(`i w na nie jest to się z do że jak ale my ona to także zawsze dzisiaj
    dom czas miasto pytanie woda rano droga ludzie idzie robi zostaje znajduje nowa stara dobra`),
};

/** Words of languages that are told apart by their scripts, or that are only spoken here. */
const SPOKEN: Readonly<Record<string, readonly string[]>> = {
  ja: words(
    '今日は 明日 私たちは 彼は 家で 町へ 水を 時間が 新しい 古い 本を 行きます 来ます 見ます 話します 待ちます',
  ),
  ko: words(
    '오늘은 내일 우리는 그는 집에서 도시로 물을 시간이 새로운 오래된 책을 갑니다 옵니다 봅니다 말합니다',
  ),
  zh: words('今天 明天 我们 他们 家里 城市 时间 问题 新的 旧的 看见 说话 等待 这里 现在 可以'),
  ru: words('сегодня завтра мы они дома город вода время вопрос новый старый идёт видит говорит ждёт хорошо'),
  hi: words('आज कल हम वे घर शहर पानी समय सवाल नया पुराना जाता देखता बोलता रुकता अच्छा'),
  id: words(
    'hari ini besok kami mereka rumah kota air waktu pertanyaan baru lama pergi melihat berbicara menunggu',
  ),
  vi: words('hôm nay ngày mai chúng tôi họ nhà thành phố nước thời gian câu hỏi mới cũ đi nhìn nói chờ'),
};
const WORDS: Readonly<Record<string, readonly string[]>> = { ...FREQUENT, ...SPOKEN };

/** All languages of which there are words, by ISO 639-1 code. */
export const spoken: readonly string[] = Object.keys(WORDS);

/** Scripts that belong to one language for the most part. */
const SCRIPTS: readonly (readonly [RegExp, string])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, 'ja'],
  [/\p{Script=Hangul}/u, 'ko'],
  [/\p{Script=Han}/u, 'zh'],
  [/\p{Script=Cyrillic}/u, 'ru'],
  [/\p{Script=Arabic}/u, 'ar'],
  [/\p{Script=Greek}/u, 'el'],
  [/\p{Script=Hebrew}/u, 'he'],
  [/\p{Script=Devanagari}/u, 'hi'],
  [/\p{Script=Thai}/u, 'th'],
];

const FREQUENT_SETS = Object.entries(FREQUENT).map(
  ([code, list]) => [code, new Set(list.map((word) => word.toLowerCase()))] as const,
);
/** Longest part of a text that is looked at. */
const LOOKED_AT = 5000;

/** The language of a text, as ISO 639-1 has it: by its script, or by its most frequent words; English in doubt. */
export function languageOf(text: string): string {
  const part = text.slice(0, LOOKED_AT).toLowerCase();
  const letters = part.match(/\p{L}/gu) ?? [];
  for (const [script, code] of SCRIPTS) {
    const count = letters.filter((letter) => script.test(letter)).length;
    // Japanese is mostly Han.
    if (count > letters.length * (code === 'ja' ? 0.1 : 0.5)) return code;
  }
  const found = part.match(/\p{L}+/gu) ?? [];
  let best = 'en';
  let most = 0;
  for (const [code, set] of FREQUENT_SETS) {
    const count = found.filter((word) => set.has(word)).length;
    if (count > most) [best, most] = [code, count];
  }
  return best;
}

/** What a language is called in English, in lower case; undefined for a code that is none. */
export function languageName(code: string): string | undefined {
  if (!/^[a-z]{2,3}$/i.test(code)) return undefined;
  const name = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' }).of(code.toLowerCase());
  return name?.toLowerCase();
}

/** Words of a sentence. */
const LEAST_WORDS = 5;
const MORE_WORDS = 8;

/**
 * Words that sound like a language, in sentences without sense, without an end.
 *
 * @param code - a language of which {@link isForeign} is true
 */
export function* foreignWords(random: Random, code: string): Generator<string> {
  const list = WORDS[code]!;
  for (;;) {
    const count = LEAST_WORDS + random.int(MORE_WORDS);
    for (let i = 0; i < count; i++) {
      const word = list[random.int(list.length)]!;
      const shown = i === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : word;
      yield i === count - 1 ? `${shown}.` : shown;
    }
  }
}

/** Whether there are words of a language other than English. */
export const isForeign = (code: string): boolean => code !== 'en' && Object.hasOwn(WORDS, code);

/** Whether words of a language stand together without spaces. */
export const joins = (code: string): boolean => code === 'ja' || code === 'zh';

/** Tokens of prose that are made at a time. */
const PROSE_TOKENS = 64;

/** Words without an end, of any language of {@link spoken}. */
export function* wordsIn(random: Random, code: string): Generator<string, never> {
  for (;;) {
    if (isForeign(code)) yield* foreignWords(random, code);
    else yield* prose(random, PROSE_TOKENS).trim().split(/\s+/);
  }
}
