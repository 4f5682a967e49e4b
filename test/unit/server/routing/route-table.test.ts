import { describe, expect, it } from 'vitest';
import type { Method, Route } from '../../../../src/server/routing/route.js';
import { RouteTable } from '../../../../src/server/routing/route-table.js';

const route = (method: Method, path: string): Route => ({
  method,
  path,
  operationId: `${method} ${path}`,
  handler: () => {},
});

const table = new RouteTable([
  route('GET', '/files'),
  route('POST', '/files'),
  route('GET', '/files/:file_id'),
  route('DELETE', '/files/:file_id'),
  route('GET', '/files/:file_id/content'),
  route('GET', '/models/*'),
]);

describe('RouteTable', () => {
  it.each([
    ['GET', '/v1/files', 'GET /files', {}],
    ['GET', '/files', 'GET /files', {}],
    ['HEAD', '/v1/files', 'GET /files', {}],
    ['GET', '/v1/files/', 'GET /files', {}],
    ['DELETE', '/v1/files/a%20b', 'DELETE /files/:file_id', { file_id: 'a b' }],
    ['GET', '/v1/files/x/content', 'GET /files/:file_id/content', { file_id: 'x' }],
    ['GET', '/v1/models/meta/llama', 'GET /models/*', { '*': 'meta/llama' }],
  ])('finds %s %s', (method, path, operationId, params) => {
    const found = table.find(method, path);
    expect(found.route.operationId).toBe(operationId);
    expect({ ...found.params }).toEqual(params);
  });

  it('says which methods a path has', () => {
    expect(() => table.find('PUT', '/v1/files/x')).toThrow(
      expect.objectContaining({ status: 405, headers: 'allow: GET, DELETE, HEAD, OPTIONS\r\n' }) as Error,
    );
  });

  it.each([
    ['GET', '/v1/nothing'],
    ['GET', '/v1/v1/files'],
    ['BREW', '/v1/coffee'],
    ['GET', '/v1/files/%E0%A4%A'],
    ['GET', `/v1/files/${'x'.repeat(5000)}`],
    ['GET', '*'],
  ])('does not know %s %s', (method, path) => {
    expect(() => table.find(method, path)).toThrow(
      expect.objectContaining({
        status: 404,
        code: path.startsWith('/v1/') ? null : 'unknown_url',
      }) as Error,
    );
  });

  it('refuses two routes in one place', () => {
    expect(() => new RouteTable([route('GET', '/a'), route('GET', '/a')])).toThrow();
  });
});
