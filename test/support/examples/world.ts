/** A server with things in it: what working examples of operations need is made when it is first asked for. */

/** A request without the address of a server. */
export interface Example {
  /** What stands for the names in the path of the specification, and other queries. */
  params?: Readonly<Record<string, string>>;
  /** Without a question mark. */
  query?: string;
  /** JSON. */
  body?: object;
  /** Fields of `multipart/form-data`, instead. */
  form?: Readonly<Record<string, FormField | readonly FormField[]>>;
}

/** A text, or a file with its name. */
export type FormField = string | File;

/** Makes what an example needs, and then the example. */
export type MakeExample = (world: World) => Promise<Example> | Example;

/** By the operation's name in the specification. */
export type Examples = Readonly<Record<string, MakeExample>>;

/** Anything of the API that has an id. */
export type Made = Record<string, unknown> & { id: string };

const LATEST_MS = 20_000;

export function formOf(fields: NonNullable<Example['form']>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? (value as FormField[]) : [value as FormField]) {
      if (typeof one === 'string') form.append(name, one);
      else form.append(name, one, one.name);
    }
  }
  return form;
}

export class World {
  /** Of its server. */
  readonly url: string;
  readonly #kept = new Map<string, Promise<unknown>>();
  readonly #closers: (() => Promise<void>)[] = [];

  /** @param url - of a server */
  constructor(url: string) {
    this.url = url;
  }

  onClose(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    await Promise.all(this.#closers.map((close) => close()));
  }

  /** What is made once, whoever asks for it. */
  once<T>(name: string, make: () => Promise<T>): Promise<T> {
    const made = this.#kept.get(name) ?? make();
    this.#kept.set(name, made);
    return made as Promise<T>;
  }

  async #good(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${this.url}/v1${path}`, { method, ...init });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  /** The answer to JSON. */
  async post<T = Made>(path: string, body: object = {}): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    const sent = { headers, body: JSON.stringify(body) };
    return (await (await this.#good('POST', path, sent)).json()) as T;
  }

  /** Posts what is answered with nothing. */
  async empty(path: string, body: object): Promise<void> {
    await this.bytes(path, body);
  }

  /** The bytes that JSON is answered with. */
  async bytes(path: string, body: object): Promise<Uint8Array<ArrayBuffer>> {
    const headers = { 'content-type': 'application/json' };
    const response = await this.#good('POST', path, { headers, body: JSON.stringify(body) });
    return new Uint8Array(await response.arrayBuffer());
  }

  async form<T = Made>(path: string, fields: NonNullable<Example['form']>): Promise<T> {
    return (await (await this.#good('POST', path, { body: formOf(fields) })).json()) as T;
  }

  async get<T = Made>(path: string): Promise<T> {
    return (await (await this.#good('GET', path)).json()) as T;
  }

  /** Where something was made that is not JSON. */
  async location(path: string, fields: NonNullable<Example['form']>): Promise<string> {
    const response = await this.#good('POST', path, { body: formOf(fields) });
    await response.arrayBuffer();
    return response.headers.get('location')!;
  }

  async download(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await (await this.#good('GET', path)).arrayBuffer());
  }

  /** Asks until what is there is as it should be. */
  async until(path: string, is: (one: Made) => boolean): Promise<Made> {
    const latest = performance.now() + LATEST_MS;
    for (;;) {
      const one = await this.get(path);
      if (is(one)) return one;
      if (performance.now() > latest) throw new Error(`${path} stays ${JSON.stringify(one)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** A file that was uploaded. */
  async file(content = 'The cat sat on the mat.', name = 'a.txt', purpose = 'user_data'): Promise<string> {
    return (await this.form('/files', { purpose, file: new File([content], name) })).id;
  }

  /** A short recording. */
  speech(): Promise<File> {
    return this.once('speech', async () => {
      const asked = { model: 'tts-1', voice: 'alloy', input: 'Hello.', response_format: 'wav' };
      return new File([await this.bytes('/audio/speech', asked)], 'a.wav', { type: 'audio/wav' });
    });
  }

  /** What is said, as base64. */
  async sound(input: string): Promise<string> {
    const asked = { model: 'tts-1', voice: 'alloy', input, response_format: 'wav' };
    return Buffer.from(await this.bytes('/audio/speech', asked)).toString('base64');
  }

  /** A picture of the size of a video. */
  async frame(prompt: string): Promise<File> {
    const asked = { model: 'fakeai-1', prompt, size: '720x1280', response_format: 'b64_json' };
    const { data } = await this.post<{ data: [{ b64_json: string }] }>('/images/generations', asked);
    return new File([Buffer.from(data[0].b64_json, 'base64')], 'a.png', { type: 'image/png' });
  }

  /** A voice that was made. */
  customVoice(): Promise<string> {
    return this.once('custom voice', async () => {
      const sample = await this.speech();
      const asked = { name: 'Ann', language: 'en-US', recording: sample };
      const { id: consent } = await this.form('/audio/voice_consents', asked);
      return (await this.form('/audio/voices', { name: 'Ann', consent, audio_sample: sample })).id;
    });
  }

  /** The id of a file with a picture. */
  pictureFile(): Promise<string> {
    return this.once('picture file', async () => {
      const file = await this.picture();
      return (await this.form('/files', { purpose: 'vision', file })).id;
    });
  }

  /** A small square picture. */
  picture(): Promise<File> {
    return this.once('picture', async () => {
      const asked = { model: 'dall-e-2', prompt: 'a cat', size: '256x256', response_format: 'b64_json' };
      const { data } = await this.post<{ data: [{ b64_json: string }] }>('/images/generations', asked);
      return new File([Buffer.from(data[0].b64_json, 'base64')], 'a.png', { type: 'image/png' });
    });
  }
}
