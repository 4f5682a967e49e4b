/** What kind of traffic arrives, and what is about to. */

/** Upper bounds, in prompt tokens, of the length classes; the last class is open. */
export const LENGTH_CLASSES = [128, 512, 2048, 8192, 32_768] as const;

/** Arrivals are counted per window for the forecast. */
const WINDOW_MS = 5000;
/** Smoothing of level and trend (Holt) and of the moving averages. */
const ALPHA = 0.3;
const BETA = 0.1;
/** After more empty windows than this the past says nothing. */
const LONGEST_GAP = 120;

/** One length class. */
export interface LengthClassProfile {
  requests: number;
  /** Moving averages, tokens. */
  promptTokens: number;
  outputTokens: number;
}

/** Learns length classes, burstiness and a forecast of the load from the requests that pass. */
export class WorkloadProfile {
  readonly classes: LengthClassProfile[] = Array.from({ length: LENGTH_CLASSES.length + 1 }, () => ({
    requests: 0,
    promptTokens: 0,
    outputTokens: 0,
  }));
  #lastArrivalMs = NaN;
  #gapMean = 0;
  #gapVariance = 0;
  #window = -1;
  #inWindow = 0;
  #level = NaN;
  #trend = 0;

  classOf(promptTokens: number): number {
    let index = 0;
    while (index < LENGTH_CLASSES.length && promptTokens > LENGTH_CLASSES[index]!) index++;
    return index;
  }

  /** Output to expect for a prompt of this length. */
  expectedOutputTokens(promptTokens: number): number {
    return this.classes[this.classOf(promptTokens)]!.outputTokens;
  }

  arrived(promptTokens: number, nowMs: number): void {
    const profile = this.classes[this.classOf(promptTokens)]!;
    profile.requests++;
    profile.promptTokens +=
      (promptTokens - profile.promptTokens) / Math.min(profile.requests, 1 / ALPHA ** 3);
    this.#gap(nowMs);
    this.roll(nowMs);
    this.#inWindow++;
  }

  ended(promptTokens: number, outputTokens: number): void {
    const profile = this.classes[this.classOf(promptTokens)]!;
    if (profile.outputTokens === 0) profile.outputTokens = outputTokens;
    else profile.outputTokens += 0.05 * (outputTokens - profile.outputTokens);
  }

  #gap(nowMs: number): void {
    if (nowMs >= this.#lastArrivalMs) {
      const gap = nowMs - this.#lastArrivalMs;
      const delta = gap - this.#gapMean;
      this.#gapMean += 0.02 * delta;
      this.#gapVariance = 0.98 * (this.#gapVariance + 0.02 * delta * delta);
    }
    this.#lastArrivalMs = nowMs;
  }

  /** Closes the windows that have passed. */
  roll(nowMs: number): void {
    const window = Math.floor(nowMs / WINDOW_MS);
    if (this.#window < 0 || window - this.#window > LONGEST_GAP) {
      if (this.#window >= 0) this.#level = NaN;
      this.#trend = 0;
      this.#inWindow = 0;
      this.#window = window;
    }
    for (; this.#window < window; this.#window++) {
      const before = this.#level;
      if (Number.isNaN(before)) this.#level = this.#inWindow;
      else {
        this.#level = ALPHA * this.#inWindow + (1 - ALPHA) * (before + this.#trend);
        this.#trend = BETA * (this.#level - before) + (1 - BETA) * this.#trend;
      }
      this.#inWindow = 0;
    }
  }

  /** Requests per second, smoothed. */
  get rateRps(): number {
    return Number.isNaN(this.#level) ? 0 : (Math.max(0, this.#level) * 1000) / WINDOW_MS;
  }

  /** Requests per second expected `windows` windows ahead (Holt's linear trend). */
  forecastRps(windows: number): number {
    return Number.isNaN(this.#level)
      ? 0
      : (Math.max(0, this.#level + windows * this.#trend) * 1000) / WINDOW_MS;
  }

  /** Forecast over present rate, between 0.25 and 4. */
  get pressure(): number {
    return this.rateRps === 0 ? 1 : Math.min(4, Math.max(0.25, this.forecastRps(3) / this.rateRps));
  }

  /** Coefficient of variation of the gaps between arrivals: about 1 for Poisson, more for bursts. */
  get burstiness(): number {
    return this.#gapMean > 0 ? Math.sqrt(this.#gapVariance) / this.#gapMean : 0;
  }
}
