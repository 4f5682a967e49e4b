import { describe, expect, it } from 'vitest';
import { mediaAddresses } from '../../../../src/server/protocols/openai/realtime/webrtc/addresses.js';
import { readOffer } from '../../../../src/server/protocols/openai/realtime/webrtc/offer.js';

const OFFER = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=candidate:1 1 udp 2113937151 0b1c.local 50000 typ host',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuv',
  'a=fingerprint:sha-256 AA:BB',
  'a=rtpmap:111 opus/48000/2',
  '',
];

describe('offers', () => {
  it('lose their candidates, and get the ends of lines that they must have', () => {
    const read = readOffer(OFFER.join('\n'), null);
    expect(read).not.toContain('candidate');
    expect(read.split('\r\n')).toHaveLength(OFFER.length - 1);
  });

  it.each(['v=0', 'm=audio', 'a=ice-ufrag', 'a=ice-pwd', 'a=fingerprint', 'a=rtpmap'])(
    'without %s are refused, with a reason',
    (missing) => {
      const text = OFFER.filter((line) => !line.startsWith(missing)).join('\r\n');
      expect(() => readOffer(text, 'sdp')).toThrow(/The SDP offer cannot be answered: it/);
    },
  );

  it('of any length are refused', () => {
    expect(() => readOffer(OFFER.join('\n') + 'a=x\n'.repeat(20_000), null)).toThrow('longer than');
  });
});

describe('addresses of media', () => {
  it('are those of the server', async () => {
    expect(await mediaAddresses('127.0.0.1')).toEqual({
      candidates: ['127.0.0.1'],
      bind: { udp4: '127.0.0.1' },
    });
    expect(await mediaAddresses('[::1]')).toEqual({ candidates: ['::1'], bind: { udp6: '::1' } });
    const every = await mediaAddresses('0.0.0.0');
    expect(every.bind).toBeUndefined();
    expect(every.candidates).toContain('127.0.0.1');
  });
});
