// What programs rely on when they consume with kafkajs in groups.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const {
  GROUP, createTopic, fresh, kafka, send, startMember, waitFor, withAdmin,
} = require('./support');

const numbered = (count, partition) =>
  Array.from({ length: count }, (_, i) => ({ value: `${i}`, partition }));
const text = (messages) => messages.map(({ value }) => value.toString());
const assigned = (member, topic) => member.joins.at(-1).memberAssignment[topic] ?? [];

async function committed(groupId, topic) {
  return withAdmin(async (admin) => {
    const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return partitions.map(({ offset }) => offset);
  });
}

test('members share the partitions, and take over those of one that leaves', async () => {
  const topic = await createTopic(4);
  const first = await startMember(topic);
  assert.deepEqual(assigned(first, topic), [0, 1, 2, 3]);
  const second = await startMember(topic, { groupId: first.groupId });
  await waitFor(() => assigned(first, topic).length === 2 && assigned(second, topic).length === 2,
    'two partitions each');
  const together = [...assigned(first, topic), ...assigned(second, topic)].sort();
  assert.deepEqual(together, [0, 1, 2, 3]);
  await second.stop();
  await waitFor(() => assigned(first, topic).length === 4, 'all partitions for the one that stays');
  await first.stop();
});

test('a rebalance loses and repeats no message that was committed', async () => {
  const topic = await createTopic(3);
  const each = 300;
  const feed = async (from) => {
    for (let partition = 0; partition < 3; partition++) {
      await send(topic, numbered(each / 2, partition).map((message) =>
        ({ ...message, value: `${partition}-${from + Number(message.value)}` })));
    }
  };
  const first = await startMember(topic);
  await feed(0);
  await waitFor(() => first.messages.length > 0, 'the first messages');
  const second = await startMember(topic, { groupId: first.groupId });
  await feed(each / 2);
  const read = () => new Set([...text(first.messages), ...text(second.messages)]);
  await waitFor(() => read().size === 3 * each, 'every message');
  await Promise.all([first.stop(), second.stop()]);
  const offsets = (await committed(first.groupId, topic)).map(Number);
  assert.deepEqual(offsets, [each, each, each]);
});

test('a group goes on from what it committed', async () => {
  const topic = await createTopic();
  await send(topic, numbered(5, 0));
  const first = await startMember(topic);
  await waitFor(() => first.messages.length === 5, 'five messages');
  await first.stop();
  await send(topic, [{ value: 'later' }]);
  const second = await startMember(topic, { groupId: first.groupId });
  await waitFor(() => second.messages.length > 0, 'the later message');
  assert.deepEqual(text(second.messages), ['later']);
  await second.stop();
});

test('without a committed offset it starts at the end unless asked for the beginning', async () => {
  const topic = await createTopic();
  await send(topic, [{ value: 'before' }]);
  const member = await startMember(topic, { fromBeginning: false });
  await waitFor(async () => {
    await send(topic, [{ value: 'after' }]);
    return member.messages.length > 0;
  }, 'a message');
  assert.ok(!text(member.messages).includes('before'));
  await member.stop();
});

test('seek moves the position back and forth', async () => {
  const topic = await createTopic();
  await send(topic, numbered(10, 0));
  const member = await startMember(topic);
  await waitFor(() => member.messages.length === 10, 'ten messages');
  member.messages.length = 0;
  member.consumer.seek({ topic, partition: 0, offset: '7' });
  await waitFor(() => member.messages.length === 3, 'the last three again');
  assert.deepEqual(text(member.messages), ['7', '8', '9']);
  await member.stop();
});

test('seek before the start and past the end falls back to the start', async () => {
  const topic = await createTopic();
  await send(topic, numbered(3, 0));
  const member = await startMember(topic);
  await waitFor(() => member.messages.length === 3, 'three messages');
  member.messages.length = 0;
  member.consumer.seek({ topic, partition: 0, offset: '1000' });
  await waitFor(() => member.messages.length === 3, 'three messages again');
  assert.deepEqual(text(member.messages), ['0', '1', '2']);
  await member.stop();
});

test('a paused partition is not read until it resumes', async () => {
  const topic = await createTopic(2);
  const member = await startMember(topic);
  member.consumer.pause([{ topic, partitions: [0] }]);
  await send(topic, [...numbered(3, 0), ...numbered(3, 1)]);
  await waitFor(() => member.messages.length === 3, 'what is not paused');
  assert.ok(member.messages.every(({ partition }) => partition === 1));
  assert.deepEqual(member.consumer.paused(), [{ topic, partitions: [0] }]);
  member.consumer.resume([{ topic, partitions: [0] }]);
  await waitFor(() => member.messages.length === 6, 'what was paused');
  await member.stop();
});

test('eachBatch sees offsets, the high watermark and the lag', async () => {
  const topic = await createTopic();
  await send(topic, numbered(50, 0));
  const batches = [];
  const member = await startMember(topic, {
    run: {
      eachMessage: undefined,
      eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
        batches.push(batch);
        for (const message of batch.messages) resolveOffset(message.offset);
        await heartbeat();
      },
    },
  });
  const count = () => batches.reduce((sum, batch) => sum + batch.messages.length, 0);
  await waitFor(() => count() === 50, 'fifty messages');
  const last = batches.at(-1);
  assert.equal(last.highWatermark, '50');
  assert.equal(last.lastOffset(), '49');
  assert.equal(last.offsetLag(), '0');
  await member.stop();
});

test('offsets are committed by hand, with their metadata', async () => {
  const topic = await createTopic();
  await send(topic, numbered(5, 0));
  const member = await startMember(topic, { run: { autoCommit: false } });
  await waitFor(() => member.messages.length === 5, 'five messages');
  await member.consumer.commitOffsets([{ topic, partition: 0, offset: '3', metadata: 'by hand' }]);
  await member.stop();
  await withAdmin(async (admin) => {
    const [{ partitions }] = await admin.fetchOffsets({ groupId: member.groupId, topics: [topic] });
    assert.deepEqual(partitions, [{ partition: 0, offset: '3', metadata: 'by hand' }]);
  });
});

test('topics are subscribed to by a pattern', async () => {
  const topics = [await createTopic(), await createTopic()];
  const consumer = kafka.consumer({ groupId: fresh('group'), ...GROUP });
  const seen = new Set();
  await consumer.connect();
  await consumer.subscribe({ topics: [new RegExp(topics.join('|'))], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ topic }) => seen.add(topic) });
  for (const topic of topics) await send(topic, [{ value: topic }]);
  await waitFor(() => seen.size === 2, 'a message of each topic');
  await consumer.disconnect();
});

test('a member that dies without a word is replaced after its session', async () => {
  const topic = await createTopic(2);
  const first = await startMember(topic);
  // Holds its partition and is silent: nothing heartbeats while a message is being worked on.
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  const silent = await startMember(topic, {
    groupId: first.groupId, run: { eachMessage: () => held },
  });
  await waitFor(() => assigned(first, topic).length === 1, 'one partition each');
  await send(topic, [...numbered(1, 0), ...numbered(1, 1)]);
  await waitFor(() => assigned(first, topic).length === 2, 'both partitions for the live one');
  await waitFor(() => new Set(first.messages.map(({ partition }) => partition)).size === 2,
    'the message that was held');
  release();
  await silent.stop();
  await first.stop();
});

test('messages of a large partition arrive in order and whole', async () => {
  const topic = await createTopic();
  const value = 'x'.repeat(100000);
  for (let i = 0; i < 30; i++) await send(topic, [{ key: `${i}`, value }]);
  const member = await startMember(topic, { consumer: { maxBytesPerPartition: 250000 } });
  await waitFor(() => member.messages.length === 30, 'thirty messages');
  assert.deepEqual(member.messages.map(({ key }) => key.toString()),
    Array.from({ length: 30 }, (_, i) => `${i}`));
  assert.ok(member.messages.every((message) => message.value.length === value.length));
  await member.stop();
});
