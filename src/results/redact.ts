/** Keeps credentials that people put into URLs out of files and screens. */

const MASK = '***';
const SECRET_PARAMETER = /key|token|secret|password|signature|^sig$/i;

/** The URL with its user, password and secret-looking query values masked; text that is not a URL stays as it is. */
export function redactUrl(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  const secretNames = [...url.searchParams.keys()].filter((name) => SECRET_PARAMETER.test(name));
  if (!url.username && !url.password && secretNames.length === 0) return text;
  if (url.username) url.username = MASK;
  if (url.password) url.password = MASK;
  for (const name of secretNames) url.searchParams.set(name, MASK);
  return url.href;
}

/** A message with the credentials of a URL masked wherever they occur. */
export function withoutSecretsOf(url: string, message: string): string {
  if (!URL.canParse(url)) return message;
  const { username, password, searchParams } = new URL(url);
  const secrets = [username, password, decodeURIComponentSafely(password)];
  for (const [name, value] of searchParams) if (SECRET_PARAMETER.test(name)) secrets.push(value);
  return secrets
    .filter((secret) => secret.length > 3)
    .reduce((text, secret) => text.replaceAll(secret, MASK), message);
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
