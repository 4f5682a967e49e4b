import { expect, it } from 'vitest';
import { fromAzure } from '../../../../src/server/protocols/azure/azure.js';
import { asHttpRequest } from '../../../../src/server/routing/internal-request.js';

it('names the deployment of a realtime connection as its model', () => {
  const request = { method: 'GET', path: '/openai/realtime', body: Buffer.alloc(0) };
  const { head } = fromAzure(asHttpRequest({ ...request, query: 'api-version=1&deployment=gpt-realtime' }));
  expect(head).toMatchObject({ path: '/v1/realtime', query: 'model=gpt-realtime' });
});

it('leaves the bytes of a form as they are but for its model', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const end = '\r\n--b--\r\n';
  const form = Buffer.concat([
    Buffer.from('--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'),
    bytes,
    Buffer.from(end),
  ]);
  const { body, head } = fromAzure(
    asHttpRequest({
      method: 'POST',
      path: '/openai/deployments/a%2Fé/audio/transcriptions',
      query: 'api-version=1',
      headers: new Map([['content-type', 'multipart/form-data; boundary=b']]),
      body: form,
    }),
  );
  expect(body.subarray(-form.length)).toEqual(form);
  expect(body.subarray(0, -form.length).toString()).toBe(
    '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\na/é\r\n',
  );
  expect(head).toMatchObject({ path: '/v1/audio/transcriptions', bodyLength: body.length });
});
