/** What every session offers to the connection that it is on, whatever it does. */
import { ApiError } from '../errors.js';
import type { Playback } from './playback.js';

/** How long a session lasts at most. */
export const SESSION_S = 60 * 60;

/** A session has lasted as long as it may. */
export const expired = (): ApiError =>
  new ApiError({
    status: 400,
    code: 'session_expired',
    message: `Your session hit the maximum duration of ${SESSION_S / 60} minutes.`,
  });

/** See the file's head. */
export interface AnySession {
  /** What is to be heard on a track; only with one. */
  readonly playback: Playback | undefined;
  /**
   * Greets a client.
   *
   * @param write - of one that joins; of the one that opened the session by default
   */
  open(write?: (text: string) => void): void;
  /**
   * Takes a message.
   *
   * @param answer - where it is told what is wrong with it
   */
  receive(text: string, answer?: (text: string) => void): void;
  /** Takes sound of a track: 16-bit PCM at 24 kHz. */
  listen(bytes: Buffer): void;
  /** Says that something is wrong with the session itself. */
  fail(error: ApiError): void;
  /** The connection is gone. */
  close(): void;
}
