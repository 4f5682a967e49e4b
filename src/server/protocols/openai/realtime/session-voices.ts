/** Voices of one session. Those of the user's own are in the store, and a session takes its messages without waiting. */
import { findVoice, type Voice } from '../../../../simulator/speech/voices.js';
import type { ServerContext } from '../../../context.js';
import { customVoice, isCustomVoice } from '../audio/custom-voices.js';
import { noVoice } from '../audio/speech-choices.js';

/** See the file's head. */
export class SessionVoices {
  readonly #context: ServerContext;
  /** Those of the user's own that were named; the store has a bounded number of them. */
  readonly #own = new Map<string, Voice>();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** Looks a voice up. One that is not there stays unknown. */
  async learn(id: string): Promise<void> {
    const voice = await customVoice(this.#context, id).catch(() => undefined);
    if (voice) this.#own.set(id, voice);
  }

  /** Whether it would have to be looked up. */
  isUnknown(id: string): boolean {
    return isCustomVoice(id) && !this.#own.has(id);
  }

  /**
   * A voice that is known.
   *
   * @throws ApiError when there is none
   */
  of(id: string, param: string): Voice {
    const voice = findVoice(id) ?? this.#own.get(id);
    if (voice) return voice;
    throw noVoice(id, param);
  }
}

/** What an inbox can hold up. */
interface Source {
  pause(): void;
  resume(): void;
}

/** Messages of a client in order: one that names an unknown voice, and all behind it, wait until that was looked up. */
export class Inbox<F = undefined> {
  readonly #voices: SessionVoices;
  readonly #source: Source;
  readonly #receive: (text: string, from: F) => void;
  /** What had been read when the source was held up, and of whom. */
  readonly #waiting: [text: string, from: F][] = [];
  #looking = false;

  constructor(voices: SessionVoices, source: Source, receive: (text: string, from: F) => void) {
    this.#voices = voices;
    this.#source = source;
    this.#receive = receive;
  }

  /** @param from - whose it is */
  put(text: string, from: F): void {
    this.#waiting.push([text, from]);
    if (!this.#looking) this.#pass();
  }

  #pass(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const [text, from] = next;
      const id = voiceIn(text);
      if (id !== undefined && this.#voices.isUnknown(id)) {
        this.#looking = true;
        this.#source.pause();
        void this.#voices.learn(id).then(() => this.#found(text, from));
        return;
      }
      this.#receive(text, from);
    }
  }

  #found(text: string, from: F): void {
    this.#looking = false;
    this.#receive(text, from);
    this.#pass();
    if (!this.#looking) this.#source.resume();
  }
}

interface Voiced {
  audio?: { output?: { voice?: unknown } };
}

/** The id of a voice that a message names, if it names one. */
function voiceIn(text: string): string | undefined {
  // Most messages are sound, and long.
  if (!text.includes('"voice_')) return undefined;
  try {
    const { session, response } = JSON.parse(text) as { session?: Voiced; response?: Voiced };
    const asked = (session ?? response)?.audio?.output?.voice;
    const id = typeof asked === 'string' ? asked : (asked as { id?: unknown } | undefined)?.id;
    return typeof id === 'string' ? id : undefined;
  } catch {
    // What is wrong with it is said by whoever takes it.
    return undefined;
  }
}
