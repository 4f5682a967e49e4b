/** Addresses at which a peer can reach this server's media: those at which the server itself listens. */
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { resolveHost } from '../../../../threads/bound-socket.js';

const LOOPBACK = '127.0.0.1';
const EVERY = new Set(['0.0.0.0', '::']);

/** Where media is received. */
export interface MediaAddresses {
  /** What peers are told. */
  candidates: string[];
  /** What is bound to; every interface without it. */
  bind: { udp4?: string; udp6?: string } | undefined;
}

/**
 * @param host - what the server listens on
 * @param announced - what peers are told instead of what the machine has
 */
export async function mediaAddresses(
  host: string,
  announced: readonly string[] = [],
): Promise<MediaAddresses> {
  const { address } = await resolveHost(host, 0);
  const told = announced.length > 0 ? [...announced] : undefined;
  if (!EVERY.has(address))
    return { candidates: told ?? [address], bind: isIPv6(address) ? { udp6: address } : { udp4: address } };
  if (told) return { candidates: told, bind: undefined };
  const outside = Object.values(networkInterfaces()).flatMap((some) =>
    (some ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal),
  );
  return { candidates: [...outside.map((one) => one.address), LOOPBACK], bind: undefined };
}
