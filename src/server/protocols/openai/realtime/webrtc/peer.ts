/** This side of a WebRTC connection: a data channel for events, a track that is heard, and one that speaks. Loaded with the first call. */
import {
  MediaStreamTrack,
  type RTCDataChannel,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RtpHeader,
  RtpPacket,
} from 'werift';
import { messageOf } from '../../../../../lib/errors.js';
import type { ServerContext } from '../../../../context.js';
import { webrtcSettings } from '../../../../webrtc-settings.js';
import { ApiError } from '../../errors.js';
import { mediaAddresses } from './addresses.js';
import { badOffer } from './offer.js';
import { FRAME_TICKS, OpusListener, OpusSpeaker } from './opus.js';
import { Pacer } from './pacer.js';

/** Largest event that a client may send, as browsers have it at most. */
const MAX_MESSAGE_BYTES = 256 * 1024;
/** Bytes that a client has not acknowledged beyond which it is taken to have gone. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;
/** A client checks every few seconds that the path is still there (RFC 7675). */
const SILENT_MS = 30_000;
const CHECK_MS = 5000;

/** Who has the connection. */
export interface PeerOwner {
  /** The data channel can be written to. */
  readonly onOpen: () => void;
  /** The client has sent an event. */
  readonly onMessage: (text: string) => void;
  /** The client has said something: 16-bit PCM at 24 kHz. */
  readonly onSound: (bytes: Buffer) => void;
  /** So many samples that are to be said, in silence undefined. */
  readonly nextSound: (count: number) => Int16Array | undefined;
  /** The connection has ended, or never came about. Called once. */
  readonly onClose: () => void;
}

const FRAME = FRAME_TICKS / 2;

/** As werift says it. */
const NO_PORT = 'port not found';
const noPort = (ports: string): ApiError =>
  new ApiError({
    status: 503,
    type: 'server_error',
    code: 'no_free_port',
    message: `No UDP port of --webrtc-ports ${ports} is free: each call takes one for each address that peers are told.`,
  });

/** See the file's head. */
export class Peer {
  readonly #context: ServerContext;
  readonly #owner: PeerOwner;
  readonly #connection: RTCPeerConnection;
  readonly #voice = new MediaStreamTrack({ kind: 'audio' });
  readonly #speaker = new OpusSpeaker();
  readonly #listener = new OpusListener();
  #channel: RTCDataChannel | undefined;
  #pacer: Pacer | undefined;
  #lastSeenMs: number;
  #closed = false;
  #gone: Promise<void> = Promise.resolve();

  private constructor(context: ServerContext, owner: PeerOwner, connection: RTCPeerConnection) {
    this.#context = context;
    this.#owner = owner;
    this.#connection = connection;
    this.#lastSeenMs = context.clock.nowMs();
    connection.onDataChannel.subscribe((channel) => this.#useChannel(channel));
    connection.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe(({ header, payload }) => this.#hear(header, payload));
    });
    connection.connectionStateChange.subscribe((state) => {
      if (state === 'connected') this.#speak();
      else if (state === 'closed' || state === 'failed') void this.close();
    });
    this.#watch();
  }

  /**
   * Answers an offer.
   *
   * @param offer - of `readOffer`
   * @returns the peer, and the answer with all addresses in it
   * @throws ApiError 400 when the offer cannot be answered
   */
  static async answer(
    context: ServerContext,
    offer: string,
    param: string | null,
    owner: PeerOwner,
  ): Promise<{ peer: Peer; answer: string }> {
    const { ports, addresses } = webrtcSettings(context.options);
    const { candidates, bind } = await mediaAddresses(context.options.host, addresses);
    let peer: Peer | undefined;
    const connection = new RTCPeerConnection({
      // It only answers: it can always be reached where its server can.
      iceLite: true,
      iceServers: [],
      iceUseIpv4: false,
      iceUseIpv6: false,
      iceAdditionalHostAddresses: candidates,
      iceInterfaceAddresses: bind,
      ...(ports && { icePortRange: ports }),
      iceFilterStunResponse: () => {
        peer?.seen();
        return true;
      },
      maxMessageSize: MAX_MESSAGE_BYTES,
      codecs: {
        audio: [new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 })],
      },
    });
    peer = new Peer(context, owner, connection);
    try {
      return { peer, answer: await peer.#negotiate(offer) };
    } catch (error) {
      await peer.close();
      if (messageOf(error) === NO_PORT) throw noPort(context.options.webrtcPorts!);
      throw badOffer(messageOf(error), param);
    }
  }

  async #negotiate(offer: string): Promise<string> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: offer });
    const audio = this.#connection.getTransceivers().find(({ kind }) => kind === 'audio');
    if (audio) {
      audio.setDirection('sendrecv');
      await audio.sender.replaceTrack(this.#voice);
    }
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    return this.#connection.localDescription!.sdp;
  }

  /** The client has shown that it is there. */
  seen(): void {
    this.#lastSeenMs = this.#context.clock.nowMs();
  }

  /** Sends an event, if there is a data channel. */
  send(text: string): void {
    if (this.#channel?.readyState !== 'open') return;
    if (this.#channel.bufferedAmount > MAX_UNREAD_BYTES) void this.close();
    else this.#channel.send(text);
  }

  #useChannel(channel: RTCDataChannel): void {
    if (this.#channel) return;
    this.#channel = channel;
    channel.onMessage.subscribe((data) => {
      this.seen();
      if (!this.#closed) this.#owner.onMessage(data.toString('utf8'));
    });
    channel.stateChanged.subscribe((state) => {
      if (state === 'closed') void this.close();
    });
    // It is open, and acknowledged, when whoever tells of it has returned.
    queueMicrotask(() => {
      if (!this.#closed) this.#owner.onOpen();
    });
  }

  #hear({ sequenceNumber, timestamp }: RtpHeader, payload: Buffer): void {
    if (this.#closed) return;
    this.seen();
    const sound = this.#listener.sound(sequenceNumber, timestamp, payload);
    if (sound.length > 0) this.#owner.onSound(sound);
  }

  /** Speaks, or is silent, from now on. */
  #speak(): void {
    const { wheel, clock } = this.#context;
    let frames = 0;
    let packets = 0;
    this.#pacer ??= new Pacer(wheel, clock, (skipped) => {
      frames += skipped;
      const header = new RtpHeader({
        sequenceNumber: packets++ & 0xffff,
        timestamp: (frames++ * FRAME_TICKS) >>> 0,
        marker: packets === 1,
      });
      const payload = this.#speaker.packet(this.#owner.nextSound(FRAME));
      this.#voice.writeRtp(new RtpPacket(header, payload));
    });
  }

  /** Ends it when nothing is heard of the client any more. */
  #watch(): void {
    const { wheel, clock } = this.#context;
    wheel.at(clock.nowMs() + CHECK_MS, (nowMs) => {
      if (this.#closed) return;
      if (nowMs - this.#lastSeenMs > SILENT_MS) void this.close();
      else this.#watch();
    });
  }

  /** Ends it, the first time; resolves when the client has been told. */
  close(): Promise<void> {
    if (this.#closed) return this.#gone;
    this.#closed = true;
    this.#pacer?.stop();
    this.#speaker.close();
    this.#listener.close();
    this.#gone = this.#goodbye();
    this.#owner.onClose();
    return this.#gone;
  }

  /** Ends the association first: the client would only miss the server after half a minute. */
  async #goodbye(): Promise<void> {
    await this.#connection.sctpTransport?.stop().catch(() => {});
    // A socket sends in the next turn of the event loop, and not at all once it is closed.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#connection.close().catch(() => {});
  }
}
