import { describe, expect, it } from 'vitest';
import { CollectedResponse, type InternalAnswer } from '../../../../src/server/routing/internal-request.js';
import { Reply } from '../../../../src/server/routing/reply.js';

/** What a handler answers to a request without a connection. */
function collect(answer: (reply: Reply) => void): { answers: InternalAnswer[]; streams: number[] } {
  const answers: InternalAnswer[] = [];
  const streams: number[] = [];
  const owner = {
    commonHeaders: () => 'x-common: 1\r\n',
    countStream: (change: 1 | -1) => void streams.push(change),
  };
  const response = new CollectedResponse(0, (given) => void answers.push(given));
  answer(new Reply(owner, response, () => {}));
  return { answers, streams };
}

describe('a collected reply', () => {
  it('is JSON in ASCII with the common headers', () => {
    const { answers } = collect((reply) => reply.json({ a: 'ä' }, 201, 'x-own: 2\r\n'));
    expect(answers).toEqual([
      {
        status: 201,
        headers: 'content-type: application/json\r\nx-own: 2\r\nx-common: 1\r\n',
        body: Buffer.from('{"a":"\\u00e4"}'),
      },
    ]);
  });

  it('is bytes, and only the first answer', () => {
    const { answers } = collect((reply) => {
      reply.bytes(Uint8Array.of(0, 255), 'image/png');
      reply.text('late');
    });
    expect(answers.map(({ body }) => body)).toEqual([Buffer.of(0, 255)]);
  });

  it('is a stream of events, counted while it is open', () => {
    const { answers, streams } = collect((reply) => {
      const events = reply.events();
      events.send({ n: 1 }, 'step');
      events.raw('[DONE]');
      events.end();
      events.end();
    });
    expect(answers[0]!.body.toString()).toBe('event: step\ndata: {"n":1}\n\ndata: [DONE]\n\n');
    expect(streams).toEqual([1, -1]);
  });

  it('says when it was broken off', () => {
    const { answers } = collect((reply) => {
      reply.events().send(1);
      reply.response.fail();
    });
    expect(answers[0]!.status).toBe(0);
  });
});
