/** What the settings say of where the media of realtime calls is received. */
import { isIP } from 'node:net';
import { FakeaiError } from '../lib/errors.js';
import type { ServerOptions } from './options.js';

/** See the file's head. */
export interface WebrtcSettings {
  /** First and last UDP port; any free ones without it. */
  ports: [number, number] | undefined;
  /** Addresses that peers are told; the machine's own without any. */
  addresses: readonly string[];
}

const LARGEST = 65_535;

/** @throws FakeaiError FAKEAI_SETTING_INVALID for what is no range of ports, or no address */
export function webrtcSettings({
  webrtcPorts,
  webrtcAddress = [],
}: Pick<ServerOptions, 'webrtcPorts' | 'webrtcAddress'>): WebrtcSettings {
  const wrong = webrtcAddress.find((address) => isIP(address) === 0);
  if (wrong !== undefined)
    throw invalid('webrtc-address', `${wrong} is no IP address`, 'Give one such as 203.0.113.5.');
  if (webrtcPorts === undefined) return { ports: undefined, addresses: webrtcAddress };
  const [first = 0, last = 0] = webrtcPorts.split('-').map(Number);
  if (first < 1 || last > LARGEST || first >= last) {
    const problem = `${webrtcPorts} is no range of ports, from a smaller one to a larger one of 1 to ${LARGEST}`;
    throw invalid(
      'webrtc-ports',
      problem,
      'Give one such as 50000-50100: each call takes one port for each address.',
    );
  }
  return { ports: [first, last], addresses: webrtcAddress };
}

const invalid = (where: string, problem: string, hint: string): FakeaiError =>
  new FakeaiError('FAKEAI_SETTING_INVALID', { where, problem, hint });
