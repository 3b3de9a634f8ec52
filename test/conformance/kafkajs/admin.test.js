// What programs rely on when they administer a broker with kafkajs.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { AssignerProtocol, ConfigResourceTypes } = require('kafkajs');
const { createTopic, fresh, send, startMember, waitFor, withAdmin } = require('./support');

const numbered = (count) => Array.from({ length: count }, (_, i) => ({ value: `${i}` }));
const byPartition = (offsets) => [...offsets].sort((a, b) => a.partition - b.partition);

test('the cluster is described', () => withAdmin(async (admin) => {
  const { brokers, controller, clusterId } = await admin.describeCluster();
  assert.equal(brokers.length, 1);
  assert.equal(controller, brokers[0].nodeId);
  assert.equal(`${brokers[0].host}:${brokers[0].port}`, process.env.KAFKA_HOST);
  assert.ok(clusterId.length > 0);
}));

test('topics are created, listed, described and deleted', () => withAdmin(async (admin) => {
  const topic = fresh('topic');
  const topics = [{ topic, numPartitions: 3, replicationFactor: 1 }];
  assert.equal(await admin.createTopics({ topics, waitForLeaders: true }), true);
  assert.equal(await admin.createTopics({ topics }), false, 'it exists already');
  assert.ok((await admin.listTopics()).includes(topic));
  const metadata = await admin.fetchTopicMetadata({ topics: [topic] });
  assert.deepEqual(metadata.topics[0].partitions.map(({ partitionId }) => partitionId).sort(),
    [0, 1, 2]);
  await admin.deleteTopics({ topics: [topic] });
  assert.ok(!(await admin.listTopics()).includes(topic));
}));

test('wrong topics are refused with their errors', () => withAdmin(async (admin) => {
  const refusal = async (wrong) => {
    try {
      await admin.createTopics({ topics: [{ numPartitions: 1, replicationFactor: 1, ...wrong }] });
    } catch (error) {
      return error.errors ? error.errors[0].type : error.type;
    }
    return 'created';
  };
  assert.equal(await refusal({ topic: 'not/a/name' }), 'INVALID_TOPIC_EXCEPTION');
  assert.equal(await refusal({ topic: fresh('topic'), replicationFactor: 5 }),
    'INVALID_REPLICATION_FACTOR');
  assert.equal(await refusal({
    topic: fresh('topic'), configEntries: [{ name: 'no.such.setting', value: '1' }],
  }), 'INVALID_CONFIG');
}));

test('validateOnly creates nothing', () => withAdmin(async (admin) => {
  const topic = fresh('topic');
  await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics: [{ topic }] });
  assert.ok(!(await admin.listTopics()).includes(topic));
}));

test('partitions are added', () => withAdmin(async (admin) => {
  const topic = await createTopic(1);
  await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
  assert.equal((await admin.fetchTopicOffsets(topic)).length, 4);
  await assert.rejects(admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }));
}));

test('configs are described with their origin, and altered', () => withAdmin(async (admin) => {
  const topic = await createTopic(1, [{ name: 'retention.ms', value: '1234567' }]);
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
  const entry = async (name) => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: true, resources: [{ ...resource, configNames: [name] }],
    });
    assert.equal(resources[0].configEntries.length, 1);
    return resources[0].configEntries[0];
  };
  const set = await entry('retention.ms');
  assert.deepEqual([set.configValue, set.isDefault, set.configSource], ['1234567', false, 1]);
  const inherited = await entry('cleanup.policy');
  assert.deepEqual([inherited.configValue, inherited.isDefault], ['delete', true]);
  await admin.alterConfigs({
    resources: [{ ...resource, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
  });
  assert.equal((await entry('cleanup.policy')).configValue, 'compact');
  assert.equal((await entry('retention.ms')).configValue, '604800000', 'not named, so reset');
}));

test('topic offsets are told by end, start and time', () => withAdmin(async (admin) => {
  const topic = await createTopic(2);
  const messages = [1000, 2000, 3000].map((timestamp) =>
    ({ value: 'x', partition: 0, timestamp: `${1700000000000 + timestamp}` }));
  await send(topic, messages);
  const [first, second] = byPartition(await admin.fetchTopicOffsets(topic));
  assert.deepEqual([first.low, first.high, first.offset], ['0', '3', '3']);
  assert.deepEqual([second.low, second.high], ['0', '0']);
  const timed = byPartition(await admin.fetchTopicOffsetsByTimestamp(topic, 1700000001500));
  assert.deepEqual(timed.map(({ offset }) => offset), ['1', '0']);
}));

test('records are deleted up to an offset', () => withAdmin(async (admin) => {
  const topic = await createTopic();
  await send(topic, numbered(5));
  await admin.fetchTopicOffsets(topic);  // the client deletes only where it knows the leader
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] });
  const [{ low, high }] = await admin.fetchTopicOffsets(topic);
  assert.deepEqual([low, high], ['3', '5']);
}));

test('groups are listed, described and deleted', () => withAdmin(async (admin) => {
  const topic = await createTopic(2);
  const member = await startMember(topic);
  const { groups: listed } = await admin.listGroups();
  assert.ok(listed.some(({ groupId, protocolType }) =>
    groupId === member.groupId && protocolType === 'consumer'));
  const { groups: [group] } = await admin.describeGroups([member.groupId]);
  assert.equal(group.state, 'Stable');
  assert.equal(group.protocol, 'RoundRobinAssigner');
  assert.equal(group.members.length, 1);
  assert.equal(group.members[0].clientId, 'conformance');
  const [{ memberAssignment }] = group.members;
  const { assignment } = AssignerProtocol.MemberAssignment.decode(memberAssignment);
  assert.deepEqual(assignment[topic], [0, 1]);
  const busy = admin.deleteGroups([member.groupId]);
  await assert.rejects(busy, (error) => error.groups[0].error.type === 'NON_EMPTY_GROUP');
  await member.stop();
  await waitFor(async () =>
    (await admin.describeGroups([member.groupId])).groups[0].state === 'Empty', 'an empty group');
  await admin.deleteGroups([member.groupId]);
  const { groups } = await admin.listGroups();
  assert.ok(!groups.some(({ groupId }) => groupId === member.groupId));
}));

test('offsets of a group are set, reset and read', () => withAdmin(async (admin) => {
  const topic = await createTopic();
  const groupId = fresh('group');
  await send(topic, numbered(5));
  const offset = async (options = {}) => {
    const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic], ...options });
    return partitions[0].offset;
  };
  assert.equal(await offset(), '-1');
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '4' }] });
  assert.equal(await offset(), '4');
  await admin.resetOffsets({ groupId, topic, earliest: true });
  assert.equal(await offset({ resolveOffsets: true }), '0');
}));
