/** Uploads of files. */

/** Uploads a text as a file. */
export function uploadFile(
  url: string,
  filename: string,
  content: string | Uint8Array<ArrayBuffer>,
  fields: Record<string, string> = {},
): Promise<Response> {
  const form = new FormData();
  form.set('purpose', 'user_data');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new File([content], filename));
  return fetch(`${url}/v1/files`, { method: 'POST', body: form });
}
