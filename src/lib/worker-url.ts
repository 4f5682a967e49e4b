/** Where the built code of a worker thread is, also when the caller itself runs from TypeScript sources (in tests). */

/**
 * Resolves the built JavaScript file of a worker.
 *
 * @param importMetaUrl - `import.meta.url` of the caller
 * @param relative - the worker's file beside the caller, such as `./worker.js`
 */
export function workerUrl(importMetaUrl: string, relative: string): URL {
  const url = new URL(relative, importMetaUrl);
  if (!/\.tsx?$/.test(new URL(importMetaUrl).pathname)) return url;
  const at = url.href.lastIndexOf('/src/');
  return new URL(`${url.href.slice(0, at)}/dist/${url.href.slice(at + '/src/'.length)}`);
}
