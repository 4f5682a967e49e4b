/** What the pages of the documentation show to be typed, and a port to try it on. */
import { createServer, type AddressInfo } from 'node:net';

/** The fenced blocks of a language. */
export const blocksOf = (page: string, language: string): string[] =>
  [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].flatMap(([, name, text]) =>
    name === language ? [text!] : [],
  );

/** Commands with arguments inside the text. */
export const inlineCommands = (page: string): string[] =>
  [...page.matchAll(/`(fakeai [a-z-]+ [^`]*--[^`]*)`/g)].map(([, command]) => command!);

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
