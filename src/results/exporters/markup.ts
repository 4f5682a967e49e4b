/** Text inside XML and HTML. */

/** What XML 1.0 cannot hold, not even escaped: control characters, lone surrogates, U+FFFE and U+FFFF. */
const UNREPRESENTABLE =
  // oxlint-disable-next-line no-control-regex -- control codes are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or a quoted attribute; what XML cannot represent becomes U+FFFD. */
export const escapeMarkup = (text: string): string =>
  text.replaceAll(UNREPRESENTABLE, '\ufffd').replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
