/** A client of a realtime call over WebRTC, as a browser would be: a data channel, a microphone and a loudspeaker. */
import OpusScript from 'opusscript';
import {
  MediaStreamTrack,
  type RTCDataChannel,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RtpHeader,
  RtpPacket,
} from 'werift';
import { EventLog } from './event-log.js';

const RATE = 24_000;
const FRAME = 480;
/** Packets of a burst; more at once than a socket holds would be lost. */
const BURST = 50;

/** A packet that was heard, and when. */
export interface HeardPacket {
  timestamp: number;
  samples: Int16Array;
  atMs: number;
}

export interface CallEvent extends Record<string, unknown> {
  type: string;
}

export class CallClient extends EventLog<CallEvent> {
  readonly heard: HeardPacket[] = [];
  /** As `Location` says. */
  location = '';
  readonly closed: Promise<void>;
  readonly #connection: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #microphone = new MediaStreamTrack({ kind: 'audio' });
  readonly #encoder = new OpusScript(RATE, 1, OpusScript.Application.VOIP);
  readonly #decoder = new OpusScript(RATE, 1, OpusScript.Application.VOIP);
  readonly #open: Promise<void>;
  #packets = 0;

  constructor(payloadType = 111) {
    super();
    this.#connection = new RTCPeerConnection({
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
      codecs: {
        audio: [
          new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType }),
        ],
      },
    });
    this.#channel = this.#connection.createDataChannel('oai-events');
    this.#open = new Promise((resolve) => {
      this.#channel.stateChanged.subscribe((state) => {
        if (state === 'open') resolve();
      });
    });
    this.#channel.onMessage.subscribe((data) => {
      this.add(JSON.parse(data.toString()) as CallEvent);
    });
    this.#connection.addTransceiver(this.#microphone, { direction: 'sendrecv' });
    this.#connection.onTrack.subscribe((track) =>
      track.onReceiveRtp.subscribe(({ header, payload }) => {
        const bytes = this.#decoder.decode(payload);
        const samples = Int16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(i * 2));
        this.heard.push({ timestamp: header.timestamp, samples, atMs: performance.now() });
      }),
    );
    this.closed = new Promise((resolve) => {
      this.#channel.stateChanged.subscribe((state) => {
        if (state === 'closed') resolve();
      });
    });
  }

  async offer(): Promise<string> {
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    return this.#connection.localDescription!.sdp;
  }

  /** Takes the answer of a server; resolves when events can be sent. */
  async accept(response: Response): Promise<void> {
    const sdp = await response.text();
    if (response.status !== 201) throw new Error(`${response.status}: ${sdp}`);
    this.location = response.headers.get('location') ?? '';
    await this.#connection.setRemoteDescription({ type: 'answer', sdp });
    await this.#open;
  }

  get id(): string {
    return this.location.split('/').at(-1)!;
  }

  send(...events: object[]): void {
    for (const event of events) this.#channel.send(JSON.stringify(event));
  }

  /** Speaks, faster than anybody can. */
  async say(...parts: Int16Array[]): Promise<void> {
    for (const samples of parts) {
      for (let at = 0; at < samples.length; at += FRAME) {
        const frame = new Int16Array(FRAME);
        frame.set(samples.subarray(at, at + FRAME));
        this.#microphone.writeRtp(this.#packet(frame));
        if (this.#packets % BURST === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  #packet(frame: Int16Array): RtpPacket {
    const payload = this.#encoder.encode(Buffer.from(frame.buffer), FRAME);
    const sequenceNumber = this.#packets & 0xffff;
    const timestamp = this.#packets++ * FRAME * 2;
    return new RtpPacket(new RtpHeader({ sequenceNumber, timestamp, payloadType: 111 }), payload);
  }

  async close(): Promise<void> {
    await this.#connection.sctpTransport?.stop();
    // A socket sends in the next turn of the event loop, and not at all once it is closed.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#connection.close();
    this.#encoder.delete();
    this.#decoder.delete();
  }
}
