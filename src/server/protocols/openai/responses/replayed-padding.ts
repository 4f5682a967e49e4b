/** The padding of events that are sent again: as whoever reads them asks for it, else as it was the first time. */
import { Padding } from '../padding.js';

const PADDING = /,"obfuscation":"[A-Za-z0-9]*"\}\n\n$/;
/** Events that bring a piece of something. */
const PIECE = /^event: \S+\.delta\ndata: (.*)\n\n$/;

/**
 * How whole events are sent again.
 *
 * @param asked - the query's `include_obfuscation`
 */
export function replayedPadding(asked: string | null): (event: string) => string {
  if (asked === 'false') return (event) => event.replace(PADDING, '}\n\n');
  if (asked !== 'true') return (event) => event;
  const padding = new Padding();
  return (event) => {
    const data = PADDING.test(event) ? undefined : PIECE.exec(event)?.[1];
    if (data === undefined) return event;
    const { delta } = JSON.parse(data) as { delta?: unknown };
    const beside = padding.beside(typeof delta === 'string' ? delta.length : 0);
    return `${event.slice(0, -3)},"obfuscation":"${beside}"}\n\n`;
  };
}
