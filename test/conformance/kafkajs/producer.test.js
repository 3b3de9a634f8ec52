// What programs rely on when they produce with kafkajs.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { CompressionTypes } = require('kafkajs');
const { createTopic, fresh, readAll, send, withProducer } = require('./support');

const text = (messages) => messages.map(({ value }) => value.toString());

test('acks -1 and 1 tell the base offset of each partition', async () => {
  const topic = await createTopic(2);
  await withProducer({}, async (producer) => {
    for (const [acks, base] of [[-1, '0'], [1, '1']]) {
      const metadata = await producer.send({
        topic, acks, messages: [{ value: 'a', partition: 0 }, { value: 'b', partition: 1 }],
      });
      const told = metadata.sort((a, b) => a.partition - b.partition)
        .map(({ partition, errorCode, baseOffset }) => [partition, errorCode, baseOffset]);
      assert.deepEqual(told, [[0, 0, base], [1, 0, base]]);
    }
  });
});

test('acks 0 is stored without an answer', async () => {
  const topic = await createTopic();
  await send(topic, [{ value: 'unanswered' }], { acks: 0 });
  assert.deepEqual(text(await readAll(topic, 1)), ['unanswered']);
});

test('gzip batches are read as they were sent', async () => {
  const topic = await createTopic();
  const sent = Array.from({ length: 200 }, (_, i) => `message ${i} ${'x'.repeat(100)}`);
  await send(topic, sent.map((value) => ({ value })), { compression: CompressionTypes.GZIP });
  assert.deepEqual(text(await readAll(topic, 200)), sent);
});

test('keys, headers, timestamps and null values come back', async () => {
  const topic = await createTopic();
  await send(topic, [
    { key: 'k', value: 'v', timestamp: '1700000000000', headers: { a: '1', many: ['x', 'y'] } },
    { key: 'gone', value: null },
    { key: null, value: '' },
  ]);
  const [first, second, third] = await readAll(topic, 3);
  assert.equal(first.key.toString(), 'k');
  assert.equal(first.timestamp, '1700000000000');
  assert.equal(first.headers.a.toString(), '1');
  assert.deepEqual(first.headers.many.map(String), ['x', 'y']);
  assert.equal(second.value, null);
  assert.equal(third.key, null);
  assert.equal(third.value.length, 0);
});

test('an idempotent producer sends many batches in order, each once', async () => {
  const topic = await createTopic();
  await withProducer({ idempotent: true, maxInFlightRequests: 1 }, async (producer) => {
    for (let i = 0; i < 20; i++) {
      await producer.send({ topic, messages: [{ value: `${2 * i}` }, { value: `${2 * i + 1}` }] });
    }
  });
  const read = await readAll(topic, 40);
  assert.deepEqual(text(read), Array.from({ length: 40 }, (_, i) => `${i}`));
  assert.deepEqual(read.map(({ offset }) => offset), text(read));
});

test('the same key goes to the same partition', async () => {
  const topic = await createTopic(5);
  const messages = Array.from({ length: 50 }, (_, i) => ({ key: `key-${i % 7}`, value: `${i}` }));
  await send(topic, messages);
  const places = new Map();
  for (const { key, partition } of await readAll(topic, 50)) {
    places.set(key.toString(), (places.get(key.toString()) ?? new Set()).add(partition));
  }
  assert.equal(places.size, 7);
  for (const partitions of places.values()) assert.equal(partitions.size, 1);
});

test('one request writes to several topics', async () => {
  const topics = [await createTopic(), await createTopic()];
  await withProducer({}, (producer) => producer.sendBatch({
    topicMessages: topics.map((topic) => ({ topic, messages: [{ value: topic }] })),
  }));
  for (const topic of topics) assert.deepEqual(text(await readAll(topic, 1)), [topic]);
});

test('an unknown topic is created when it is written to', async () => {
  const topic = fresh('automatic');
  await send(topic, [{ value: 'first' }]);
  assert.deepEqual(text(await readAll(topic, 1)), ['first']);
});

test('a message over max.message.bytes is refused as too large', async () => {
  const topic = await createTopic(1, [{ name: 'max.message.bytes', value: '1000' }]);
  const refused = send(topic, [{ value: 'x'.repeat(5000) }]);
  await assert.rejects(refused, { type: 'MESSAGE_TOO_LARGE' });
});

test('log append time replaces the timestamp of the message', async () => {
  const topic = await createTopic(1, [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]);
  const before = Date.now();
  await send(topic, [{ value: 'now', timestamp: '1000' }]);
  const [message] = await readAll(topic, 1);
  assert.ok(Number(message.timestamp) >= before - 1000, message.timestamp);
});
