// What the tests share: a client of the broker under test, fresh names, and waiting.
'use strict';

const { randomUUID } = require('node:crypto');
const { Kafka, logLevel, Partitioners } = require('kafkajs');

const WAIT_MS = 30000;
const POLL_MS = 20;
// Short, so that a member that goes is soon missed, a rebalance soon over, and a fetch soon left.
const GROUP = {
  sessionTimeout: 6000, rebalanceTimeout: 10000, heartbeatInterval: 200, maxWaitTimeInMs: 200,
};

const kafka = new Kafka({
  clientId: 'conformance',
  brokers: [process.env.KAFKA_HOST],
  logLevel: logLevel.NOTHING,
});

function fresh(kind) {
  return `${kind}-${randomUUID()}`;
}

async function waitFor(condition, what) {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

// Calls body(admin) with a connected administrator.
async function withAdmin(body) {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await body(admin);
  } finally {
    await admin.disconnect();
  }
}

async function withProducer(options, body) {
  const createPartitioner = Partitioners.DefaultPartitioner;
  const producer = kafka.producer({ createPartitioner, ...options });
  await producer.connect();
  try {
    return await body(producer);
  } finally {
    await producer.disconnect();
  }
}

async function createTopic(numPartitions = 1, configEntries = []) {
  const topic = fresh('topic');
  await withAdmin((admin) => admin.createTopics({
    topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }],
    waitForLeaders: true,
  }));
  return topic;
}

async function send(topic, messages, options = {}) {
  return withProducer({}, (producer) => producer.send({ topic, messages, ...options }));
}

// A consumer that collects what it reads in `messages`; `stop` ends it.
async function startMember(topic, { groupId = fresh('group'), fromBeginning = true, run = {},
  consumer: options = {} } = {}) {
  const consumer = kafka.consumer({ groupId, ...GROUP, ...options });
  const messages = [];
  const joins = [];
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => joins.push(payload));
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning });
  await consumer.run({
    eachMessage: async ({ partition, message }) => messages.push({ partition, ...message }),
    ...run,
  });
  await waitFor(() => joins.length > 0, 'the member joins its group');
  return { consumer, groupId, messages, joins, stop: () => consumer.disconnect() };
}

// Every message of a topic, in order within each partition.
async function readAll(topic, count) {
  const member = await startMember(topic);
  try {
    await waitFor(() => member.messages.length >= count, `${count} messages of ${topic}`);
    return member.messages;
  } finally {
    await member.stop();
  }
}

module.exports = {
  kafka, GROUP, fresh, waitFor, withAdmin, withProducer, createTopic, send, startMember, readAll,
};
