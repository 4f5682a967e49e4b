/** The effects of the settings about TLS: seen by an endpoint with a certificate that nobody has signed. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { perform, type RunSection } from './runs.js';
import type { Context, EffectRow } from './situations.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const CERTIFICATE = fixture('cert.pem');

const ANSWER = JSON.stringify({
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1 },
});

async function startSecure(seen: string[]): Promise<Http2SecureServer> {
  const options = {
    key: readFileSync(fixture('key.pem')),
    cert: readFileSync(CERTIFICATE),
    allowHTTP1: true,
  };
  const server = createSecureServer(options, (request, response) => {
    seen.push(request.httpVersion);
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(ANSWER);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** How a request ends, and in which version of HTTP it came. */
async function ending(
  context: Context,
  section: RunSection,
  beside: Record<string, unknown>,
): Promise<string> {
  const seen: string[] = [];
  const server = await startSecure(seen);
  try {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const run = await perform(context, {
      section,
      requests: 1,
      beside: { url, model: 'm', streaming: false, ...beside },
    });
    return run.targets[0]!.errors[0]?.kind ?? seen[0]!;
  } finally {
    server.close();
  }
}

/** @param otherFile - where a certificate of somebody else may be written */
export const tlsRows = (section: RunSection, otherFile: () => string): EffectRow[] => [
  {
    path: `${section}.insecure`,
    given: [true, 'false', true],
    seen: ['tls', '1.1', 'tls', '1.1'],
    observe: (context) => ending(context, section, {}),
  },
  {
    path: `${section}.ca`,
    given: () => {
      writeFileSync(otherFile(), rootCertificates[0]!);
      return [CERTIFICATE, otherFile(), CERTIFICATE];
    },
    seen: ['tls', '1.1', 'tls', '1.1'],
    observe: (context) => ending(context, section, {}),
  },
  {
    path: `${section}.http2`,
    given: [true, 'false', true],
    seen: ['1.1', '2.0', '1.1', '2.0'],
    observe: (context) => ending(context, section, { insecure: true }),
  },
];
