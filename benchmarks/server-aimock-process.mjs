/** The peer @copilotkit/aimock in a process of its own, answering every message with the text given as an argument. */
import { LLMock } from '@copilotkit/aimock';

const [content, chunkSize] = process.argv.slice(2);
const mock = new LLMock({ port: 0, chunkSize: Number(chunkSize), latency: 0, logLevel: 'silent' });
mock.onMessage(/.*/, { content });
await mock.start();
process.on('SIGTERM', () => process.exit(0));
process.stdout.write(JSON.stringify({ url: mock.url }));
